/* cmocka and what it wants before it. */
#ifndef BLOCWATCH_TEST_ALERT_CM_H
#define BLOCWATCH_TEST_ALERT_CM_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#endif
