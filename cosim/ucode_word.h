// SPDX-License-Identifier: Apache-2.0
// The words of the microcode as text, by address (uasm writes them from rtl/cpu/ucode/*.uc).
#ifndef RW_UCODE_WORD_H
#define RW_UCODE_WORD_H

#define UCODE_WORDS 2048

struct ucode_word {
    const char *label; /* at or before it: equal labels are one pointer */
    const char *text;  /* as the source has it */
    unsigned behind;   /* the label, in words */
};

#ifdef __cplusplus
extern "C"
#else
extern
#endif
    const struct ucode_word ucode_words[UCODE_WORDS];

#endif
