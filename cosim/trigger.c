// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "trigger.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "bundle.h"
#include "options.h"

static const struct record_type *const streams[] = {
    &type_retire, &type_xlate, &type_walk, &type_bus, &type_iwalk, &type_dma, &type_iommu};

static const struct {
    const char *text;
    enum trigger_op op;
} ops[] = {{"!=", TRIGGER_NE}, {"<=", TRIGGER_LE}, {">=", TRIGGER_GE},
           {"=", TRIGGER_EQ},  {"<", TRIGGER_LT},  {">", TRIGGER_GT}};

struct reader {
    const char *at;
    const struct symbols *symbols;
    char *error;
    size_t error_bytes;
};

static bool refuse(struct reader *r, const char *what, const char *word)
{
    snprintf(r->error, r->error_bytes, "--wave-on: %s '%s'", what, word);
    return false;
}

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

/* Letters, digits and underscores; empty: there is no word here. */
static void take_word(struct reader *r, char word[64])
{
    size_t n = 0;

    skip_blanks(r);
    while ((isalnum((unsigned char)*r->at) || *r->at == '_') && n < 63)
        word[n++] = *r->at++;
    word[n] = 0;
}

static bool take_text(struct reader *r, const char *text)
{
    skip_blanks(r);
    if (strncmp(r->at, text, strlen(text)) != 0)
        return false;
    r->at += strlen(text);
    return true;
}

static bool number(const char *word, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(word, &end, 0);
    return isdigit((unsigned char)word[0]) && *end == 0 && errno == 0;
}

static bool take_value(struct reader *r, uint64_t *value)
{
    char word[64];
    uint64_t more;
    bool minus;

    take_word(r, word);
    if (word[0] == 0)
        return refuse(r, "a value is missing at", r->at);
    if (isdigit((unsigned char)word[0]) ? !number(word, value)
                                        : !symbols_value(r->symbols, word, value))
        return refuse(r, "neither a number nor a symbol of the program:", word);
    if (*r->at != '+' && *r->at != '-')
        return true;
    minus = *r->at++ == '-';
    take_word(r, word);
    if (!number(word, &more))
        return refuse(r, "not a number:", word);
    *value += minus ? -more : more;
    return true;
}

static const struct record_field *find_field(const struct record_type *t, const char *name)
{
    for (uint16_t i = 0; i < t->count; i++)
        if (strcmp(t->fields[i].name, name) == 0 && t->fields[i].size <= 8)
            return &t->fields[i];
    return NULL;
}

static bool take_stream(struct reader *r, struct trigger *t)
{
    char word[64];

    take_word(r, word);
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        if (strcmp(streams[i]->stream, word) == 0)
            t->type = streams[i];
    if (t->type == NULL)
        return refuse(
            r, "the streams are retire, xlate, walk, bus, iwalk, dma and iommu; there is no", word);
    return take_text(r, ".") || refuse(r, "a field is missing behind", word);
}

static bool take_term(struct reader *r, struct trigger *t)
{
    struct trigger_term *m = &t->term[t->terms];
    char word[64];

    if (t->terms == TRIGGER_TERMS)
        return refuse(r, "too many conditions from here on:", r->at);
    take_word(r, word);
    m->field = find_field(t->type, word);
    if (m->field == NULL)
        return refuse(r, "docs/record.md has no field", word);
    t->terms++;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (!take_text(r, ops[i].text))
            continue;
        m->op = ops[i].op;
        if (t->type == &type_xlate && m->op == TRIGGER_EQ && strcmp(word, "fault") == 0 &&
            t->terms < TRIGGER_TERMS) {
            m->op = TRIGGER_SET;
            m = &t->term[t->terms++];
            *m = (struct trigger_term){find_field(t->type, "error_code"), TRIGGER_EQ, 0};
        }
        return take_value(r, &m->value);
    }
    return true;
}

static bool take_option(struct reader *r, struct trigger *t)
{
    char word[64];
    uint64_t *value;

    take_word(r, word);
    value = strcmp(word, "nth") == 0      ? &t->nth
            : strcmp(word, "before") == 0 ? &t->before
            : strcmp(word, "after") == 0  ? &t->after
                                          : NULL;
    if (value == NULL)
        return refuse(r, "nth, before and after may stand behind a comma, not", word);
    if (!take_text(r, "="))
        return refuse(r, "a number is missing behind", word);
    take_word(r, word);
    if (!number(word, value) || *value > UINT64_C(1) << 40 || (value == &t->nth && *value == 0))
        return refuse(r, "out of range:", word);
    return true;
}

bool trigger_parse(const char *text, const struct symbols *symbols, struct trigger *t, char *error,
                   size_t error_bytes)
{
    struct reader r = {text, symbols, error, error_bytes};
    char word[64];

    *t = (struct trigger){
        .text = text, .nth = 1, .before = BUNDLE_CYCLES_BEFORE, .after = BUNDLE_CYCLES_AFTER};
    if (!take_stream(&r, t))
        return false;
    do {
        if (!take_term(&r, t))
            return false;
        take_word(&r, word);
    } while (strcmp(word, "and") == 0);
    if (word[0] != 0)
        return refuse(&r, "only `and` joins conditions, not", word);
    while (take_text(&r, ","))
        if (!take_option(&r, t))
            return false;
    skip_blanks(&r);
    return *r.at == 0 || refuse(&r, "not understood from here on:", r.at);
}

static bool holds(const struct trigger_term *m, uint64_t value)
{
    switch (m->op) {
    case TRIGGER_EQ:
        return value == m->value;
    case TRIGGER_NE:
        return value != m->value;
    case TRIGGER_LT:
        return value < m->value;
    case TRIGGER_LE:
        return value <= m->value;
    case TRIGGER_GT:
        return value > m->value;
    case TRIGGER_GE:
        return value >= m->value;
    case TRIGGER_SET:
        break;
    }
    return value != 0;
}

bool trigger_met(struct trigger *t, const struct record_type *type, const void *record)
{
    if (type != t->type || t->seen >= t->nth)
        return false;
    for (unsigned i = 0; i < t->terms; i++)
        if (!holds(&t->term[i], record_value(record, t->term[i].field)))
            return false;
    return ++t->seen == t->nth;
}
