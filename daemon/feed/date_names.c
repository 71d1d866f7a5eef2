/* Tables of month names and zones. Owns nothing. */
#include "date_names.h"

#include <string.h>

/*
 * Stems in lower case, by month: a word that begins with one is that month, and the longest stem
 * wins. English and what begins like it come first, then the other Latin, the Cyrillic (Russian,
 * and what follows it; Ukrainian, Belarusian, Kazakh, Kyrgyz), Greek and Arabic scripts. Line 0
 * holds what is no month but begins like one: days of the week, mostly.
 */
static const char *const months[13] = {
    [0] = "mardi martes martedì marți maandag сенб жексен вос segunda terça domingo lunes "
          "бешемб бейшемб ишемб жекшемб payşenbe bazar sebt среда серед",
    [1] = "jan jän ene gen ian sty led tammi jaan sau oca yan ýan qań qan янв яну січ сту "
          "қаң үчтүн ιαν ژانویه يناير",
    [2] = "feb fév fev lut úno helmi veeb vas şub sub few aqp фев лют ақп бирдин φεβ فوریه "
          "فبراير",
    [3] = "mar mär mrt maa már bře kov naw nau мар бер сак нау жалган μάρ μαρ مارس",
    [4] = "apr ápr avr abr kwi dub huhti bal nis säw sáý апр кві кра сәу чын απρ آوریل "
          "أبريل",
    [5] = "may mei mai maj máj mag kvě touko geg maý mamyr май мая мае тра мам бугу μάι μαϊ "
          "μαΐ μαι مه مايو",
    [6] = "jun jún juin giu iun cze červen kesä juun jūn bir haz iyn iyun iýun mawsym maus "
          "июн юни чер мау кулжа ιούν ιουν ιον ژوئن يونيو",
    [7] = "jul júl juil lug iul lip červenec července heinä juul jūl lie tem iyl iyul iýul "
          "shilde şilde июл юли лип ліп шіл теке ιούλ ιουλ ιολ ژوئیه يوليو",
    [8] = "aug aoû aou ago sie srp elo rugp ağu agu avq avg awg tamyz авг сер жні там баш "
          "αύγ αυγ اوت أغسطس",
    [9] = "sep szep set wrz zář syys rugs eyl sent qyrk сен сеп вер қыр аяк σεπ سپتامبر "
          "سبتمبر",
    [10] = "oct okt out ott paź paz říj loka spa eki qazan окт жов кас қаз тогуз οκτ اکتبر "
           "أكتوبر",
    [11] = "nov noi lis marras lap kas noy noý qara ноя ное лис қар жети νοέ νοε نوامبر "
           "نوفمبر",
    [12] = "dec dez des déc dic gru pro joulu dets ara dek jelt дек гру сне жел беш δεκ "
           "دسامبر ديسمبر",
};

static size_t match_stem(const char *stems, const char *word, size_t len)
{
    size_t longest = 0;

    while (*stems != '\0') {
        size_t n = strcspn(stems, " ");

        if (n <= len && n > longest && memcmp(word, stems, n) == 0)
            longest = n;
        stems += n + (stems[n] == ' ');
    }
    return longest;
}

/* English names and their beginnings, which nearly all dates have: 1 to 12, 0 for a day of the
 * week, -1 for neither. */
static int find_english(const char *word, size_t len)
{
    static const char names[][10] = {"",          "january",  "february", "march",    "april",
                                     "may",       "june",     "july",     "august",   "september",
                                     "october",   "november", "december", "monday",   "tuesday",
                                     "wednesday", "thursday", "friday",   "saturday", "sunday"};

    if (len < 3 || len > 9)
        return -1;
    for (int i = 1; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (names[i][0] == word[0] && memcmp(names[i], word, len) == 0)
            return i <= 12 ? i : 0;
    }
    return -1;
}

int date_find_month(const char *word, size_t len)
{
    size_t longest = 0;
    int month = find_english(word, len);

    if (month >= 0)
        return month;
    month = 0;

    for (int i = 0; i <= 12; i++) {
        size_t n = match_stem(months[i], word, len);

        if (n > longest) {
            longest = n;
            month = i;
        }
    }
    return month;
}

static const struct {
    const char *name;
    int minutes;
} zones[] = {
    {"z", 0},       {"ut", 0},      {"utc", 0},    {"gmt", 0},     {"wet", 0},    {"zulu", 0},
    {"west", 60},   {"bst", 60},    {"cet", 60},   {"met", 60},    {"mez", 60},   {"cest", 120},
    {"mest", 120},  {"mesz", 120},  {"eet", 120},  {"eest", 180},  {"sast", 120}, {"cat", 120},
    {"eat", 180},   {"wat", 60},    {"msk", 180},  {"мск", 180},   {"msd", 240},  {"trt", 180},
    {"idt", 180},   {"samt", 240},  {"gst", 240},  {"azt", 240},   {"get", 240},  {"irst", 210},
    {"aft", 270},   {"uzt", 300},   {"tjt", 300},  {"tmt", 300},   {"pkt", 300},  {"almt", 300},
    {"qyzt", 300},  {"aqtt", 300},  {"orat", 300}, {"yekt", 300},  {"ist", 330},  {"npt", 345},
    {"kgt", 360},   {"omst", 360},  {"bdt", 360},  {"krat", 420},  {"wib", 420},  {"ict", 420},
    {"irkt", 480},  {"hkt", 480},   {"sgt", 480},  {"myt", 480},   {"pht", 480},  {"awst", 480},
    {"jst", 540},   {"kst", 540},   {"yakt", 540}, {"acst", 570},  {"aest", 600}, {"vlat", 600},
    {"acdt", 630},  {"aedt", 660},  {"nzst", 720}, {"nzdt", 780},  {"brt", -180}, {"art", -180},
    {"clt", -240},  {"nst", -210},  {"ndt", -150}, {"adt", -180},  {"ast", -240}, {"at", -240},
    {"edt", -240},  {"est", -300},  {"et", -300},  {"cdt", -300},  {"cst", -360}, {"ct", -360},
    {"mdt", -360},  {"mst", -420},  {"mt", -420},  {"pdt", -420},  {"pst", -480}, {"pt", -480},
    {"akdt", -480}, {"akst", -540}, {"hst", -600}, {"hast", -600}, {"a", -60},    {"n", 60},
    {"m", -720},    {"y", 720},
};

bool date_find_zone(const char *word, size_t len, int *minutes)
{
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (strlen(zones[i].name) == len && memcmp(word, zones[i].name, len) == 0) {
            *minutes = zones[i].minutes;
            return true;
        }
    }
    return false;
}

int date_find_half(const char *word, size_t len)
{
    static const struct {
        const char *name;
        int half;
    } halves[] = {
        {"am", 1},   {"pm", 2}, {"오전", 1}, {"오후", 2}, {"午前", 1}, {"午後", 2}, {"上午", 1},
        {"下午", 2}, {"πμ", 1}, {"μμ", 2},   {"ص", 1},    {"م", 2},    {"дп", 1},   {"пп", 2},
    };

    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        if (strlen(halves[i].name) == len && memcmp(word, halves[i].name, len) == 0)
            return halves[i].half;
    }
    return 0;
}
