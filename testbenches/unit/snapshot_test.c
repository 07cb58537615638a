// SPDX-License-Identifier: Apache-2.0
// cosim/snapshot: a copy goes on from where it stood, as often as it is woken, and none outlives
// the process that made it.
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gt.h"

/* Counts on, with a snapshot at each multiple of 10; a copy goes on to order.to and says where it
 * began, as its status. -1: this is the process itself, at the end. */
static void count_to(struct snapshots *s, uint64_t end, bool keep_first)
{
    struct snapshot_order order;

    for (uint64_t at = 0; at < end; at++)
        if (at % 10 == 0 && snapshots_take(s, at, keep_first, &order)) {
            uint64_t began = at;

            while (at < order.to)
                at++;
            snapshot_end(at == order.to && strcmp(order.wave, "w") == 0 ? (int)began : 255);
        }
}

static int wake(struct snapshots *s, uint64_t from)
{
    return snapshots_wake(s, &(struct snapshot_order){.wave = "w", .from = from, .to = from + 7});
}

GT_TEST(snapshot, the_last_two_are_kept)
{
    struct snapshots *s = snapshots_create();

    EXPECT_TRUE(wake(s, 100) == -1);
    count_to(s, 55, false); /* 0 to 50 */
    EXPECT_U64(50, (uint64_t)wake(s, 54));
    EXPECT_U64(50, (uint64_t)wake(s, 50));
    EXPECT_U64(40, (uint64_t)wake(s, 49));
    EXPECT_U64(40, (uint64_t)wake(s, 40)); /* it can be woken again */
    EXPECT_TRUE(wake(s, 39) == -1);
    snapshots_destroy(s);
}

GT_TEST(snapshot, the_first_is_kept_where_it_is_wanted)
{
    struct snapshots *s = snapshots_create();

    count_to(s, 55, true);
    EXPECT_U64(50, (uint64_t)wake(s, 54));
    EXPECT_U64(40, (uint64_t)wake(s, 49));
    EXPECT_U64(0, (uint64_t)wake(s, 39));
    EXPECT_U64(0, (uint64_t)wake(s, 0));
    snapshots_destroy(s);
}

GT_TEST(snapshot, not_due_at_once)
{
    struct snapshots *s = snapshots_create();

    EXPECT_TRUE(!snapshots_due(s));
    snapshots_destroy(s);
}

GT_TEST(snapshot, nothing_of_them_is_left)
{
    struct snapshots *s = snapshots_create();

    count_to(s, 95, true);
    snapshots_destroy(s);
    EXPECT_TRUE(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

/* The copies hold the pipe's end; when it is closed, all of them are gone. */
GT_TEST(snapshot, a_killed_process_leaves_none)
{
    int ends[2];
    char byte;
    pid_t child;

    EXPECT_TRUE(pipe(ends) == 0);
    child = fork();
    if (child == 0) {
        struct snapshots *s = snapshots_create();

        close(ends[0]);
        count_to(s, 35, true);
        EXPECT_TRUE(write(ends[1], "r", 1) == 1);
        for (;;)
            pause();
    }
    close(ends[1]);
    EXPECT_TRUE(read(ends[0], &byte, 1) == 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    alarm(20); /* a copy that lives on ends this test */
    EXPECT_TRUE(read(ends[0], &byte, 1) == 0);
    alarm(0);
    close(ends[0]);
}
