// SPDX-License-Identifier: Apache-2.0
// What a design of somebody else's may not do at its bus port, watched cycle by cycle: its request
// is stable from its first cycle to its ack, and does not hang on the ack.
#ifndef RW_VERILATED_STRICT_HH
#define RW_VERILATED_STRICT_HH

#include <cstring>
#include <optional>

#include "verilated_block.h"

// What a master keeps until the ack. more(): the pins that not every block has.
template <typename Top> struct bus_pins {
    bool valid, write;
    uint16_t be;
    uint64_t addr, more;
    uint32_t wdata[4];

    explicit bus_pins(const Top *top)
        : valid(top->mem_valid_o), write(top->mem_write_o), be(top->mem_be_o),
          addr(top->mem_addr_o), more(bus_pins::others(top))
    {
        memcpy(wdata, &top->mem_wdata_o[0], sizeof wdata);
    }
    static uint64_t others(const Top *top);
    bool operator==(const bus_pins &o) const
    {
        return valid == o.valid && write == o.write && be == o.be && addr == o.addr &&
               more == o.more && memcmp(wdata, o.wdata, sizeof wdata) == 0;
    }
};

// The first breach of a contract, and what finds those of the bus.
template <typename Top> struct pin_watch {
    vblock_breach breach{};
    bus_pins<Top> asked;                  // before memory answers
    std::optional<bus_pins<Top>> waiting; // in the cycle before, without an ack

    explicit pin_watch(const Top *top) : asked(top)
    {
    }
    void wrong(const char *port, const char *seen, const char *wanted, uint64_t cycle)
    {
        if (breach.port == nullptr)
            breach = {port, seen, wanted, cycle};
    }
    // The pins of a cycle, memory's answer with them.
    void look(const Top *top, bool waits, uint64_t cycle)
    {
        bus_pins<Top> now(top);

        if (top->mem_ack_i && !(now == asked))
            wrong("bus_req_o", "changes with the ack in the same cycle", "as it was", cycle);
        else if (waiting && !(now == *waiting))
            wrong("bus_req_o", now.valid ? "changed before its ack" : "withdrawn before its ack",
                  "stable until the ack", cycle);
        waiting.reset();
        if (waits)
            waiting = now;
    }
};

#endif
