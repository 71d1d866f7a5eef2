/* HMAC-SHA256 by libcrypto. Owns nothing. */
#include "sign.h"

#include "blocwatch/buf.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum { KEY_LIMIT = 4096 };

static int decode_key(const char *secret, unsigned char key[KEY_LIMIT], size_t *len)
{
    static const char prefix[] = "whsec_";
    size_t text = strlen(secret);
    int got;

    if (strncmp(secret, prefix, sizeof prefix - 1) != 0) {
        if (text == 0 || text > KEY_LIMIT)
            return -1;
        memcpy(key, secret, text); // NOLINT(bugprone-not-null-terminated-result): bytes of a key
        *len = text;
        return 0;
    }
    secret += sizeof prefix - 1;
    text -= sizeof prefix - 1;
    if (text == 0 || text % 4 != 0 || text > KEY_LIMIT)
        return -1;
    got = EVP_DecodeBlock(key, (const unsigned char *)secret, (int)text);
    if (got < 0)
        return -1;
    for (size_t i = text; i > 0 && secret[i - 1] == '='; i--)
        got--;
    *len = (size_t)got;
    return 0;
}

int sign_webhook(const char *secret, const char *id, int64_t timestamp, const char *body,
                 size_t len, char signature[SIGN_TEXT], struct bw_error *err)
{
    unsigned char key[KEY_LIMIT], digest[EVP_MAX_MD_SIZE], *done = NULL;
    unsigned int digest_len = 0;
    size_t key_len = 0;
    struct bw_buf content;

    if (decode_key(secret, key, &key_len) != 0)
        return error_set(err, BW_ERR_CONFIG, "the signing secret is empty or no valid base64");
    buf_init(&content);
    buf_printf(&content, "%s.%" PRId64 ".", id, timestamp);
    buf_append(&content, body, len);
    if (!content.failed)
        done = HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)content.data,
                    content.len, digest, &digest_len);
    explicit_bzero(key, sizeof key);
    buf_clear(&content);
    if (done == NULL)
        return error_set(err, BW_ERR_MEMORY, "cannot sign");
    snprintf(signature, SIGN_TEXT, "v1,");
    EVP_EncodeBlock((unsigned char *)signature + 3, digest, (int)digest_len);
    return 0;
}
