/* Where things lie by default. */
#ifndef BLOCWATCH_PATHS_H
#define BLOCWATCH_PATHS_H

#define BW_DEFAULT_CONFIG "/etc/blocwatch/blocwatchd.yaml"
#define BW_CREDENTIALS "/run/credentials/blocwatchd.service" /* of the unit, by systemd */
#define BW_DATABASE "blocwatch.db"                           /* in the state directory */
#define BW_LOCK "blocwatchd.lock"                            /* likewise */
#define BW_QUARANTINE "quarantine" /* likewise: documents that killed readers */

#endif
