// SPDX-License-Identifier: Apache-2.0
// By GTKWave's FST reader and writer, which Verilator brings. See the header.
#include "wave_merge.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "gtkwave/fstapi.h"
#include "wave_date.h"

namespace
{

struct merge {
    void *from, *to;
    std::vector<fstHandle> old_handles; // of the writer, by handle of the reader
    std::vector<fstHandle> handles;     // of the signals
    const wave_signal *signals;
    const wave_change *changes;
    size_t change_count, next;
    uint64_t time;
    bool begun;
    std::string bits;
    std::vector<std::string>
        tables; // of enumerations, in order: the reader gives no more than 512 bytes
    size_t table;
};

// The tables of enumerations whole, out of the definitions as text.
bool read_tables(merge &m)
{
    static const std::string before = "$attrbegin misc 07 ", behind = " $end";
    char *text = nullptr;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    if (out == nullptr)
        return false;
    fstReaderSetVcdExtensions(m.from, 1);
    fstReaderProcessHier(m.from, out);
    if (std::fclose(out) != 0)
        return false;
    std::istringstream lines(std::string(text, bytes));
    std::free(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, before.size(), before) != 0)
            continue;
        size_t end = line.rfind(' ', line.rfind(behind) - 1); // before the number
        m.tables.push_back(line.substr(before.size(), end - before.size()));
    }
    return true;
}

const char *attribute_name(merge &m, const fstHier *h)
{
    if (h->u.attr.typ != FST_AT_MISC || h->u.attr.subtype != FST_MT_ENUMTABLE ||
        m.table == m.tables.size())
        return h->u.attr.name;
    const std::string &whole = m.tables[m.table++];
    return h->u.attr.name_length == 0 ? h->u.attr.name : whole.c_str();
}

void copy_variable(merge &m, const fstHier *h)
{
    const auto &v = h->u.var;
    fstHandle alias = v.is_alias ? m.old_handles[v.handle] : 0;
    fstHandle now =
        fstWriterCreateVar(m.to, static_cast<fstVarType>(v.typ),
                           static_cast<fstVarDir>(v.direction), v.length, v.name, alias);

    if (m.old_handles.size() <= v.handle)
        m.old_handles.resize(v.handle + 1);
    if (!v.is_alias)
        m.old_handles[v.handle] = now;
}

void copy_hierarchy(merge &m)
{
    while (const fstHier *h = fstReaderIterateHier(m.from)) {
        switch (h->htyp) {
        case FST_HT_SCOPE:
            fstWriterSetScope(m.to, static_cast<fstScopeType>(h->u.scope.typ), h->u.scope.name,
                              h->u.scope.component);
            break;
        case FST_HT_UPSCOPE:
            fstWriterSetUpscope(m.to);
            break;
        case FST_HT_VAR:
            copy_variable(m, h);
            break;
        case FST_HT_ATTRBEGIN:
            fstWriterSetAttrBegin(m.to, static_cast<fstAttrType>(h->u.attr.typ), h->u.attr.subtype,
                                  attribute_name(m, h), h->u.attr.arg);
            break;
        default:
            fstWriterSetAttrEnd(m.to);
            break;
        }
    }
}

// Of two signals one behind the other, the scopes that both lie in.
unsigned common(const wave_signal &a, const wave_signal &b)
{
    unsigned n = 0;

    while (n < 3 && a.scope[n] != nullptr && b.scope[n] != nullptr &&
           std::strcmp(a.scope[n], b.scope[n]) == 0)
        n++;
    return n;
}

unsigned depth(const wave_signal &s)
{
    unsigned n = 0;

    while (n < 3 && s.scope[n] != nullptr)
        n++;
    return n;
}

void add_signals(merge &m, unsigned count)
{
    unsigned open = 0;

    for (unsigned i = 0; i < count; i++) {
        const wave_signal &s = m.signals[i];
        unsigned keep = i == 0 ? 0 : common(m.signals[i - 1], s);
        std::string name = s.name;

        for (; open > keep; open--)
            fstWriterSetUpscope(m.to);
        for (; open < depth(s); open++)
            fstWriterSetScope(m.to, FST_ST_VCD_MODULE, s.scope[open], nullptr);
        if (s.bits > 1)
            name += "[" + std::to_string(s.bits - 1) + ":0]";
        m.handles.push_back(
            fstWriterCreateVar(m.to, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, s.bits, name.c_str(), 0));
    }
    for (; open > 0; open--)
        fstWriterSetUpscope(m.to);
}

void at(merge &m, uint64_t time)
{
    if (!m.begun || time > m.time)
        fstWriterEmitTimeChange(m.to, time);
    m.begun = true;
    m.time = time;
}

// Every change up to and with this time.
void changes_until(merge &m, uint64_t time)
{
    for (; m.next < m.change_count && m.changes[m.next].time <= time; m.next++) {
        const wave_change &c = m.changes[m.next];
        unsigned bits = m.signals[c.signal].bits;

        if (m.begun && c.time < m.time)
            continue; // before the wave begins
        at(m, c.time);
        m.bits.assign(bits, 'x');
        for (unsigned b = 0; b < bits && c.value != nullptr; b++)
            m.bits[bits - 1 - b] = (c.value[b / 8] >> b % 8 & 1) != 0 ? '1' : '0';
        fstWriterEmitValueChange(m.to, m.handles[c.signal], m.bits.data());
    }
}

void copy_change(void *user, uint64_t time, fstHandle handle, const unsigned char *value)
{
    merge &m = *static_cast<merge *>(user);

    if (m.begun && time > m.time)
        changes_until(m, time - 1);
    at(m, time);
    fstWriterEmitValueChange(m.to, m.old_handles[handle], value);
}

} // namespace

bool wave_merge(const char *path, const wave_signal *signals, unsigned signal_count,
                const wave_change *changes, size_t change_count)
{
    std::string part = std::string(path) + ".part";
    merge m{};
    bool ok;

    m.signals = signals;
    m.changes = changes;
    m.change_count = change_count;
    m.from = fstReaderOpen(path);
    if (m.from == nullptr)
        return false;
    m.to = fstWriterCreate(part.c_str(), 1);
    if (m.to == nullptr) {
        fstReaderClose(m.from);
        return false;
    }
    fstWriterSetPackType(m.to, FST_WR_PT_LZ4);
    fstWriterSetTimescale(m.to, fstReaderGetTimescale(m.from));
    fstWriterSetVersion(m.to, fstReaderGetVersionString(m.from));
    ok = read_tables(m);
    copy_hierarchy(m);
    add_signals(m, signal_count);
    fstReaderSetFacProcessMaskAll(m.from);
    ok = ok && fstReaderIterBlocks2(m.from, copy_change, nullptr, &m, nullptr) != 0;
    changes_until(m, fstReaderGetEndTime(m.from));
    at(m, fstReaderGetEndTime(m.from));
    fstReaderClose(m.from);
    fstWriterClose(m.to);
    ok = ok && wave_date_blank(part.c_str()) && std::rename(part.c_str(), path) == 0;
    if (!ok)
        unlink(part.c_str());
    return ok;
}
