/* Signatures of webhooks, after the Standard Webhooks specification (HMAC-SHA256). */
#ifndef BLOCWATCH_ALERT_SIGN_H
#define BLOCWATCH_ALERT_SIGN_H

#include "blocwatch/error.h"

#include <stddef.h>
#include <stdint.h>

enum { SIGN_TEXT = 64 };

/*
 * "v1,BASE64" of HMAC-SHA256 over "id.timestamp.body". A secret that begins with "whsec_" is
 * base64 behind that; any other one is taken as its bytes are.
 */
int sign_webhook(const char *secret, const char *id, int64_t timestamp, const char *body,
                 size_t len, char signature[SIGN_TEXT], struct bw_error *err);

#endif
