// SPDX-License-Identifier: Apache-2.0
// What the runs came to, as one JSON array with an object for each program.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static cJSON *known_json(const struct judge *j)
{
    cJSON *known = cJSON_CreateObject();

    for (unsigned i = 0; i < known_rows(); i++)
        if (j->known[i] != 0)
            cJSON_AddNumberToObject(known, known_name(i), (double)j->known[i]);
    return known;
}

static cJSON *stimuli_json(const struct judge *j)
{
    cJSON *stimuli = cJSON_CreateObject();

    for (unsigned s = 0; s < STIMULUS_COUNT; s++)
        cJSON_AddNumberToObject(stimuli, stimulus_name(s), (double)j->twin->stimuli[s]);
    return stimuli;
}

static void add_first(cJSON *o, const struct judge *j)
{
    cJSON *fields = cJSON_CreateArray();

    for (unsigned f = 0; f < F_COUNT; f++)
        if (j->differs[f])
            cJSON_AddItemToArray(fields, cJSON_CreateString(field_name(f)));
    if (j->ram_differs)
        cJSON_AddItemToArray(fields, cJSON_CreateString("ram"));
    cJSON_AddItemToObject(o, "differs", fields);
}

void report_json(cJSON *array, const struct judge *j, const char *program)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "program", program);
    cJSON_AddStringToObject(o, "verdict", verdict_word(j));
    cJSON_AddNumberToObject(o, "instructions", (double)j->instructions);
    cJSON_AddNumberToObject(o, "events", (double)j->events);
    cJSON_AddNumberToObject(o, "unjudged", (double)j->unjudged);
    cJSON_AddNumberToObject(o, "undefined", (double)j->undefined_flags);
    cJSON_AddItemToObject(o, "stimuli", stimuli_json(j));
    cJSON_AddItemToObject(o, "known", known_json(j));
    if (j->verdict == V_MISMATCH)
        add_first(o, j);
    cJSON_AddItemToArray(array, o);
}

bool report_json_write(const cJSON *array, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *out = standard ? stdout : fopen(path, "w");
    char *text = cJSON_Print(array);
    bool ok = out != NULL && text != NULL && fprintf(out, "%s\n", text) > 0;

    free(text);
    if (out != NULL && !standard)
        ok &= fclose(out) == 0;
    return ok;
}
