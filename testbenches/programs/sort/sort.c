// SPDX-License-Identifier: Apache-2.0
// The same keys by heap sort, quick sort (recursive) and merge sort; they must agree and be sorted.
#include "../lib/rt.h"

#define N 1500

static uint64_t a[N], b[N], c[N], spare[N];

static void fill(uint64_t *p)
{
    uint64_t x = 88172645463325252u;

    for (unsigned i = 0; i < N; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = x % 100000;
    }
}

static void swap(uint64_t *p, uint64_t *q)
{
    uint64_t t = *p;

    *p = *q;
    *q = t;
}

static void sift(uint64_t *p, unsigned at, unsigned n)
{
    for (unsigned child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && p[child] < p[child + 1])
            child++;
        if (p[at] >= p[child])
            return;
        swap(&p[at], &p[child]);
    }
}

static void heap_sort(uint64_t *p, unsigned n)
{
    for (unsigned i = n / 2; i-- > 0;)
        sift(p, i, n);
    for (unsigned i = n; i-- > 1;) {
        swap(&p[0], &p[i]);
        sift(p, 0, i);
    }
}

static void quick_sort(uint64_t *p, int low, int high)
{
    uint64_t pivot = p[(low + high) / 2];
    int i = low, j = high;

    while (i <= j) {
        while (p[i] < pivot)
            i++;
        while (p[j] > pivot)
            j--;
        if (i <= j)
            swap(&p[i++], &p[j--]);
    }
    if (low < j)
        quick_sort(p, low, j);
    if (i < high)
        quick_sort(p, i, high);
}

static void merge_sort(uint64_t *p, unsigned n)
{
    for (unsigned width = 1; width < n; width *= 2) {
        for (unsigned at = 0; at < n; at += 2 * width) {
            unsigned mid = at + width < n ? at + width : n, end = mid + width < n ? mid + width : n;
            unsigned i = at, j = mid;

            for (unsigned out = at; out < end; out++)
                spare[out] = i < mid && (j >= end || p[i] <= p[j]) ? p[i++] : p[j++];
        }
        memcpy(p, spare, n * sizeof(*p));
    }
}

int main(void)
{
    bool ok;

    fill(a);
    fill(b);
    fill(c);
    heap_sort(a, N);
    quick_sort(b, 0, N - 1);
    merge_sort(c, N);
    ok = memcmp(a, b, sizeof(a)) == 0 && memcmp(a, c, sizeof(a)) == 0;
    for (unsigned i = 1; i < N; i++)
        ok = ok && a[i - 1] <= a[i];
    line("least", a[0]);
    line("median", a[N / 2]);
    put(ok ? "sorted alike\n" : "FAIL\n");
    return ok ? 0 : 1;
}
