/* Case endings of Kazakh, Kyrgyz, Uzbek, Tajik and Turkmen, as acronyms take them after a hyphen.
 * Owns nothing. */
#include "suffix.h"

#include <string.h>

/* Each between spaces, so that one strstr() finds it. */
static const char endings[] =
    /* dative */
    " га ге ка ке ға қа го гө ко кө ё ga ge ka ke qa gha ǵa na ne a e га е "
    /* locative and what is built on it */
    " да де та те до дө то тө da de ta te до дагы деги тагы теги догу дөгү тогу төгү дағы дегі "
    "тағы "
    " тегі даги даги dagi daki däki dagy nda nde "
    /* ablative */
    " дан ден тан тен нан нен дон дөн тон төн dan den tan ten "
    /* genitive */
    " ның нің дың дің тың тің нын нин дын дин тын тин нун нүн дун дүн тун түн нинг ning niň nyň "
    " yň iň uň üň ň nıñ niñ "
    /* accusative */
    " ны ні ды ді ты ті ни ди ти ну нү ду дү ту тү ro ni ny y i u ü nı "
    /* instrumental, equative, limit */
    " мен бен пен men ben pen dek gacha гача гача дек ча че cha che çenli "
    /* possessive, plural, member-of */
    " сы сі си сү су si sy лар лер дар дер тар тер лор лөр лары lar ler lari "
    " лик лық лік дық дік лык lik lyk lıq чи ши шы ші чы chi çy çi "
    " нікі дікі niki ники дыкы "
    /* Tajik and Russian after a figure or an acronym */
    " ро ро и ҳо ҳои ом ам ах ами ами ов а у й го му м х ю я ый ая ое ые "
    /* English */
    " s th st nd rd ";

bool suffix_is_ending(const char *word, size_t len)
{
    char key[24];

    if (len == 0 || len > sizeof key - 3)
        return false;
    key[0] = ' ';
    memcpy(key + 1, word, len);
    key[len + 1] = ' ';
    key[len + 2] = '\0';
    return strstr(endings, key) != NULL;
}
