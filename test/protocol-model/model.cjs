'use strict'
// Explicit-state model of Holdfast's status protocol: BFS with state hashing, shortest traces, AG EF liveness.
// A copy of the design's model, extended by the removal of the rows of fenced hosts (recovering.ts): a host whose row is
// removed is 'rem'. That statement, too, may hang and land at any later time, and is guarded by what it finds then.
// One or two runs (two share a key), hosts A and B, their incarnations A1, A2.., one database, one journal a host.
// Rows: {s: R running | P pending | C completed | F failed | X cancelled, h owner, a attempt, c cancel requested, t token}
// A statement is sent (S), applied at the server at a later step, then its answer (R) is delivered. Between these:
//   before = refused, not applied; lost = applied, answer lost; hang = client gives up, the statement becomes a
//   zombie in Z that may be applied at ANY later step, or vanish.
const ACT = r => r && (r.s === 'R' || r.s === 'P')
const clone = o => JSON.parse(JSON.stringify(o))
const ALL = ['attempt', 'doubt', 'tomb', 'tombJ', 'tombCreq', 'relCase', 'takeCase', 'cancelPending', 'cancelJournal', 'keepHost', 'fence',
  'observed', 'lostVerdict', 'stopAll', 'audit', 'resolved', 'follow', 'adopt', 'pendCancelFirst', 'takeCAS', 'leaseGate', 'startUnk', 'removeFenced', 'removeUnnamed']
// alternative to doubt + cancelJournal: once the work has ended, a cancel is answered only by the settle's row
const SIMPLE = ALL.filter(x => !['doubt', 'cancelJournal', 'pendCancelFirst'].includes(x)).concat('simpleCancel')
function make(cfg) {
  const P = new Set(cfg.repairs)
  const hosts = cfg.hosts || ['A'], nr = cfg.runs || 1, B = cfg.budget ?? 1, restart = cfg.policy === 'restart'
  const init = () => ({ R: Array(nr).fill(0), H: Object.fromEntries(hosts.map(h => [h, { u: 'up', i: 1, l: 0, sh: 0, cut: 0 }])), L: Object.fromEntries(hosts.map(h => [h + 1, 'ok'])),
    A: {}, Z: [], J: Object.fromEntries(hosts.map(h => [h, []])), st: Array(nr).fill('none'), cl: 'none', cr: 'none', F: cfg.F ?? 2, db: 1, out: cfg.outage ? 1 : 0,
    W: [], E: {}, k: { cr: cfg.crash || 0, fz: cfg.freeze || 0, sh: cfg.shutdown || 0, ct: cfg.cut || 0 }, fl: { loss: 0, grace: 0 } })
  let viol = []
  const V = (g, m) => viol.push([g, m])
  const hid = (s, h) => h + s.H[h].i
  const hostOf = id => id[0]
  // ---- the database ----
  function apply(s, q) {
    const r = q.r, row = s.R[r], was = row && row.s
    if (q.k === 'rem') {
      if (P.has('removeFenced') && s.L[q.h] !== 'dead') return { no: 1 }
      if (P.has('removeUnnamed') && s.R.some(x => ACT(x) && x.h === q.h)) return { no: 1 }
      s.L[q.h] = 'rem'; return { ok: 'rem' } }
    if (q.k === 'ins') { if (row) return { no: 1 }; if (s.R.some((x, i) => i !== r && ACT(x))) return { no: 1 }; s.R[r] = { s: 'R', h: q.h, a: 1, c: 0, t: '' }; return { ok: 'R' } }
    if (q.k === 'tomb') {
      if (!row) { s.R[r] = { s: 'F', h: q.h, a: 1, c: 0, t: 'tomb' }; return { ok: 'F' } }
      if (ACT(row) && row.h === q.h && row.a === 1) { row.s = row.c ? 'X' : 'F'; row.t = 'tomb'; return { ok: row.s } }
      if (ACT(row) && P.has('tombCreq')) { if (row.s === 'P' && row.h === '') { row.s = 'X' } else row.c = 1; return { ok: row.s } }
      return { no: 1 } }
    if (!ACT(row)) return { no: 1 }
    if (q.k === 'creq') { if (row.s === 'P' && row.h === '' && P.has('cancelPending')) { row.s = 'X'; row.t = 'cancel' } else row.c = 1; return { ok: row.s } }
    if (q.k === 'take') {
      const l = s.L[row.h]
      if (P.has('takeCAS') && (row.h !== q.oh || row.a !== q.a)) return { no: 1 }
      if (!P.has('takeCAS') && row.h === q.h) V('G9-zombie-takeover', `a late takeover by ${q.h} changed a run that ${q.h} owns, attempt ${row.a}`)
      if (!(row.h === '' || l === 'gone' || l === 'dead' || l === 'rem' || (!P.has('fence') && l === 'out'))) return { no: 1 }
      if (row.h !== '') {
        const o = s.H[hostOf(row.h)], same = o.i === +row.h.slice(1)
        if (same && o.u === 'up' && !o.cut && !s.fl.cutEver && !s.fl.fzEver) V('G1-spurious', 'run taken from a healthy host after a mere database outage')
        const jl = s.J[hostOf(row.h)].find(x => x.r === r && x.h === row.h && x.a === row.a && x.v === 'C')
        if (jl && !row.c) V(l === 'gone' ? 'G6-after-graceful-exit' : 'limit-G6-journal-unread-at-lease-end', 'journaled verdict C superseded by recovery')
      }
      if (row.c && P.has('takeCase')) { row.s = 'X'; row.t = q.h; row.h = q.h; return { ok: 'X' } }
      if ((row.s === 'P' || restart) && row.a < 4) { if (row.c) V('G2-cancelled-run-restarted', 'takeover restarts a run whose cancel is durable'); row.s = 'R'; row.h = q.h; row.a++; return { ok: 'R', a: row.a } }
      row.s = 'F'; row.t = q.h; row.h = q.h; return { ok: 'F' }
    }
    if (row.h !== q.h || (P.has('attempt') && row.a !== q.a)) return { no: 1 }
    if (row.a !== q.a) V('G9-attempt', `${q.k} of attempt ${q.a} changed attempt ${row.a}`)
    if (q.k === 'rel') { if (row.c && P.has('relCase')) { row.s = 'X'; row.t = q.h + '#' + q.a; return { ok: 'X' } } if (row.c) V('G2-cancelled-run-released', 'a run whose cancel is durable goes back to pending'); row.s = 'P'; row.h = ''; return { ok: 'P' } }
    if (q.rp && s.cl === 'N' && r === 0 && !row.c && q.v !== 'X') V('G2-replay-undoes-cancel', 'a cancel acknowledged on a parked verdict is undone by the journal replay')
    if (q.w === 'lost' && !s.fl.cutEver && !s.fl.fzEver && !row.c) V('limit-G1-outage-past-lease-stops-work', 'work stopped because of an outage longer than the lease')
    row.s = row.c ? 'X' : q.v; row.t = q.h + '#' + q.a; return { ok: row.s }
  }
  // ---- helpers ----
  const pub = (s, key, e) => { (s.E[key] ||= []).push(e) }
  const ended = a => !a || a.p === 'end' || a.p === 'gone'
  const begin = (s, id, a, r) => {
    if (s.st[r] === 'fail') V('G7-resurrected', 'work starts although start() had answered with a failure')
    if (s.st[r] === 'unk') V(s.fl.loss || s.fl.grace ? 'limit-G7-unknown-start-and-host-lost' : 'G7-resurrected', 'work starts although start() had answered in doubt')
    for (const w of s.W) { const o = s.H[hostOf(w)]; if (o.u === 'frozen' || s.fl.fzEver) continue
      V(w.endsWith('@' + r) ? 'G9-overlap' : 'G8-overlap', `${id}#${a}@${r} begins while ${w} executes`) }
    s.W.push(`${id}#${a}@${r}`); s.W.sort() }
  const finish = (s, x, r) => { s.W = s.W.filter(w => w !== `${x.h}#${x.a}@${r}`) }
  const verdict = x => x.v ? x.v : x.cm ? 'X' : x.o === 's' ? 'C' : x.why === 'time' ? 'F' : x.why === 'shut' ? (restart ? 'P' : 'F')
    : x.why === 'lost' ? (P.has('lostVerdict') ? (restart ? 'P' : 'F') : 'STUCK') : x.o === 'n' ? (x.why === 'abort' ? 'F' : 'X') : 'F'
  const journal = (s, h, line) => { s.J[h] = s.J[h].filter(l => !(l.r === line.r && l.h === line.h && l.a === line.a)); s.J[h].push(line) }
  const unjournal = (s, h, x, r) => { s.J[h] = s.J[h].filter(l => !(l.r === r && l.h === x.h && l.a === x.a)) }
  const ansCancel = (s, r, x) => { if (r === 0 && s.cl === 'wait') s.cl = x }
  // an answer (or an error) reaches the actor
  function deliver(s, key, res) {
    const h = key[0], r = +key.slice(1), x = s.A[key], k = x.op.k; x.op = 0
    const row = s.R[r], errored = res.err
    if (k === 'ins') {
      if (errored) { x.n++; if (res.err === 'unk') x.d = 1
        if (x.n > B) { failStart(s, key, x, r) } return }
      let mine = res.ok || (row && ACT(row) && row.h === x.h && row.a === 1)
      if (mine) { if (s.st[r] === 'wait') s.st[r] = 'ok'; x.n = 0; x.d = 0
        if (x.cm) { x.p = 'done'; x.o = 'n' } else if (P.has('leaseGate') && (s.H[h].l || hid(s, h) !== x.h)) { x.p = 'done'; x.o = 'n'; x.why = 'lost' } else { x.p = 'work'; begin(s, x.h, 1, r) } return }
      if (row) { x.p = 'end'; if (s.st[r] === 'wait') s.st[r] = 'ok'; ansCancel(s, r, ACT(row) ? 'E' : 'T:' + row.s); return } // settled or taken over meanwhile: a handle on that
      if (s.R.some((y, i) => i !== r && ACT(y))) return failStart(s, key, x, r)   // RunAlreadyActive
      return }                                                                     // the conflict has vanished: insert again
    if (k === 'tomb') { if (errored) return; x.p = 'end'; unjournal(s, h, x, r); if (s.st[r] === 'unk' && row && !ACT(row)) s.st[r] = 'fail'; return }
    if (k === 'take') { if (errored || res.no) { delete s.A[key]; return }
      if (res.ok !== 'R') { x.p = 'end'; return }
      x.a = res.a; if (P.has('leaseGate') && (s.H[h].l || hid(s, h) !== x.h)) { x.p = 'done'; x.o = 'n'; x.why = 'lost'; return }
      x.p = 'work'; begin(s, x.h, x.a, r); return }
    if (k === 'creq') {
      if (res.ok) { x.ct = 1; x.cm = 1; ansCancel(s, r, 'D'); return }
      if (res.no) { x.ct = 1; if (!row) return ansCancel(s, r, 'nf'); ansCancel(s, r, ACT(row) ? 'E' : row.s === 'X' ? 'D' : 'T:' + row.s); return }
      x.ct = 1; x.cm = 1                                        // the request stays in force in memory
      if (x.d) return ansCancel(s, r, 'E')                      // in doubt: no acknowledgement, "may still take effect"
      if (x.pk && P.has('cancelJournal')) journal(s, h, { r, h: x.h, a: x.a, v: 'X' })
      ansCancel(s, r, 'N'); return }
    // settle, release
    if (errored) { if (P.has('simpleCancel') && x.n >= B) ansCancel(s, r, 'E'); if (x.n <= B) x.n++; if (res.err === 'unk') x.d = 1; if (x.n > B && !x.pk && !x.rp) park(s, key, x, r); return }
    if (!res.ok && row && ACT(row) && row.h === x.h && row.a === x.a) return // cannot be, retry
    const landed = res.ok || (row && !ACT(row) && row.t === x.h + '#' + x.a && row.s) || (k === 'rel' && row && row.s === 'P' && row.a === x.a && 'P')
    x.p = 'end'; unjournal(s, h, x, r)
    if (landed) {
      ansCancel(s, r, landed === 'X' ? 'D' : landed === 'P' ? 'E' : 'T:' + landed)
      if (x.rp) return
      if (landed === 'P') return pub(s, key, x.pk ? 'U:rel' : 'Rel')
      if (s.R[r].s !== landed && (s.R[r].s !== 'R' || 1) && !ACT(s.R[r]) && s.R[r].s !== landed) V('G4-signal', `told ${landed}, row ${s.R[r].s}`)
      return pub(s, key, (x.pk ? 'P:' : 'S:') + landed) }
    ansCancel(s, r, !row ? 'nf' : ACT(row) ? 'E' : 'T:' + row.s)
    if (x.rp) return
    if (row && ACT(row)) { if (P.has('follow')) pub(s, key, x.pk ? 'U:mv' : 'mv'); else { V('G4-settled-while-active', 'Settled(superseded) while the row is active elsewhere'); pub(s, key, 'S:U') } return }
    if (x.pk) { if (P.has('resolved')) pub(s, key, 'U:' + (row && row.s)) } else pub(s, key, 'S:U:' + (row && row.s))
  }
  function failStart(s, key, x, r) { const h = key[0]
    ansCancel(s, r, 'E'); if (s.st[r] === 'wait') s.st[r] = P.has('startUnk') && x.d ? 'unk' : 'fail'
    if (P.has('tomb') && x.d) { x.p = 'tomb'; if (P.has('tombJ')) journal(s, h, { r, h: x.h, a: 1, v: 'T' }) } else x.p = 'gone' }
  function park(s, key, x, r) { const v = verdict(x); x.pk = 1; journal(s, key[0], { r, h: x.h, a: x.a, v }); pub(s, key, 'S:NP') }
  // ---- transitions ----
  function next(s0) {
    const out = []
    const go = (label, f, fault) => { const s = clone(s0); viol = []; f(s); s.Z.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1); out.push([label, s, !!fault, viol]) }
    const s = s0
    for (let r = 0; r < nr; r++) { const h = (cfg.startOn || 'AB')[hosts.length > 1 && nr > 1 ? r : 0], H = s.H[h]
      if (s.st[r] === 'none' && H.u === 'up' && !H.sh) go(`start${r} on ${h}`, s => { s.st[r] = 'wait'; s.A[h + r] = { p: 'ins', h: hid(s, h), a: 1, o: '', why: '', cm: 0, ct: 0, n: 0, d: 0, op: 0, pk: 0 } })
      if (cfg.interruptStart && s.st[r] === 'wait') go(`caller of start${r} interrupted`, s => { s.st[r] = 'intr'; const x = s.A[h + r]; if (x && x.p === 'ins') x.cm = 1 }, 1) }
    for (const key of Object.keys(s.A)) { const h = key[0], r = +key.slice(1), x = s.A[key], H = s.H[h], live = H.u === 'up'
      const q = x.op
      if (q && q.at === 'S' && s.db && !H.cut) go(`db applies ${q.k}(${q.h}#${q.a ?? ''}${q.v ? ' ' + q.v : ''})`, s => { const y = s.A[key].op; y.res = apply(s, y); y.at = 'R' })
      if (!live) continue
      if (q && q.at === 'R') go(`${h} hears ${q.k} ${q.res.ok ? 'ok ' + q.res.ok : 'matched nothing'}`, s => { deliver(s, key, s.A[key].op.res) })
      if (q && q.at === 'S' && (!s.db || H.cut)) go(`${q.k} refused (db unreachable)`, s => { deliver(s, key, { err: 'bef' }) }, x.pk || x.p === 'tomb' || x.rp)
      if (q && s.F > 0 && s.db && !H.cut) {
        if (q.at === 'S') { go(`FAULT ${q.k} fails before`, s => { s.F--; deliver(s, key, { err: 'bef' }) }, 1)
          if (cfg.zombies !== 0 && s.Z.length < 2) go(`FAULT ${q.k} hangs, client gives up (zombie)`, s => { s.F--; const o = s.A[key].op; s.Z.push({ k: o.k, r: o.r, h: o.h, a: o.a, v: o.v, oh: o.oh }); deliver(s, key, { err: 'unk' }) }, 1) }
        else go(`FAULT ${q.k} answer lost`, s => { s.F--; deliver(s, key, { err: 'unk' }) }, 1) }
      const send = (k, v) => go(`${h} sends ${k}${v ? ' ' + v : ''}`, s => { s.A[key].op = { k, r, h: x.h, a: x.a, v, at: 'S' }; if (x.rp) s.A[key].op.rp = 1; if (x.why === 'lost') s.A[key].op.w = 'lost' })
      if (!q) {
        const waiting = r === 0 && s.cl === 'wait'
        if (x.p === 'ins') send('ins')
        if (x.p === 'tomb') send('tomb')
        if (x.p === 'work') {
          for (const o of ['s', 'f']) go(`work ${o === 's' ? 'succeeds' : 'fails'}`, s => { const y = s.A[key]; y.p = 'done'; y.o = o; finish(s, y, r) })
          if (cfg.timeout) go('timeout', s => { const y = s.A[key]; y.p = 'stop'; y.why = 'time' }, 1)
          if (H.sh) go('shutdown interrupts work', s => { const y = s.A[key]; y.p = 'stop'; y.why = 'shut' })
          if ((H.l || (P.has('leaseGate') && hid(s, h) !== x.h)) && (restart || P.has('stopAll'))) go('lost lease interrupts work', s => { const y = s.A[key]; y.p = 'stop'; y.why = 'lost' })
          const row = s.R[r]; if (row && row.c && ACT(row) && row.h === x.h && row.a === x.a && s.db && !H.cut) go(`${h} sees the cancel in the row`, s => { const y = s.A[key]; y.cm = 1; y.p = 'stop' }) }
        if (x.p === 'stop') for (const o of ['s', 'f', 'i']) go(`stopped work ends ${o}`, s => { const y = s.A[key]; y.p = 'done'; y.o = o; finish(s, y, r) })
        const wantCreq = waiting && !x.ct && !(P.has('simpleCancel') && x.p === 'done') && ((x.cm && (x.p === 'stop' || x.p === 'done')) || (x.p === 'done' && x.d && P.has('doubt')))
        if (wantCreq) send('creq')
        if (x.p === 'done') {
          const v = verdict(x)
          if (waiting && !x.cm && !x.d && !x.v) go('actor accepts the cancel in memory', s => { s.A[key].cm = 1 })
          if (waiting && !x.cm && x.d && !P.has('doubt') && s.db && !H.cut) go('read-back: row', s => { const y = s.A[key], row = s.R[r]; if (row && ACT(row) && row.h === y.h && row.a === y.a) y.d = 0 })
          if (v !== 'STUCK' && v !== 'T' && !(wantCreq && P.has('pendCancelFirst'))) send(v === 'P' ? 'rel' : 'set', v) 
          if (v === 'T') send('tomb')
          if (H.sh && !x.pk && !x.rp && v !== 'STUCK') go('shutdownGrace over: journal', s => { park(s, key, s.A[key], r) }, 1) }
      }
      if (r === 0 && cfg.cl && s.cl === 'none') {
        if (['ins', 'work', 'stop'].includes(x.p)) go('LOCAL CANCEL', s => { s.cl = 'wait'; const y = s.A[key]; y.cm = 1; if (y.p === 'work') y.p = 'stop' }, 1)
        if (x.p === 'done' && !x.rp) go('LOCAL CANCEL (work has ended)', s => { s.cl = 'wait'; const y = s.A[key]; if (P.has('simpleCancel') || (!y.op && !y.d)) y.cm = 1 }, 1) }
    }
    if (cfg.cr && s.cr === 'none' && s.R[0] && s.db) {
      go('REMOTE CANCEL', s => { const res = apply(s, { k: 'creq', r: 0 }); s.cr = res.ok ? 'D' : 'T:' + s.R[0].s }, 1)
      if (s.F > 0 && s.Z.length < 2) go('REMOTE CANCEL hangs', s => { s.F--; s.cr = 'E'; s.Z.push({ k: 'creq', r: 0 }) }, 1) }
    s.Z.forEach((z, i) => { if (i && JSON.stringify(z) === JSON.stringify(s.Z[i - 1])) return
      if (s.db) go(`ZOMBIE ${z.k}(${z.h || ''}#${z.a ?? ''}${z.v ? ' ' + z.v : ''}) lands`, s => { s.Z.splice(i, 1); const k = { ...z }; apply(s, k) })
      go(`zombie ${z.k} vanishes`, s => { s.Z.splice(i, 1) }) })
    // hosts
    for (const h of hosts) { const H = s.H[h], id = hid(s, h), up = H.u === 'up', mine = Object.keys(s.A).filter(k => k[0] === h)
      const die = (s, crash) => { for (const k of mine) { const x = s.A[k]; if (x.op && x.op.at === 'S' && s.Z.length < 3) s.Z.push({ k: x.op.k, r: x.op.r, h: x.op.h, a: x.op.a, v: x.op.v, oh: x.op.oh }); delete s.A[k]; delete s.E[k]; const r = +k.slice(1)
          if (s.st[r] === 'wait') s.st[r] = 'lost'; if (r === 0 && s.cl === 'wait') s.cl = 'E' }
        s.W = s.W.filter(w => w[0] !== h); s.H[h].u = 'down'; s.H[h].cut = 0; s.H[h].l = 0; if (crash) s.fl.loss = 1 }
      if (up && s.k.cr > 0) go(`CRASH ${h}`, s => { s.k.cr--; die(s, 1) }, 1)
      if (up && s.k.fz > 0) go(`FREEZE ${h}`, s => { s.k.fz--; s.H[h].u = 'frozen'; s.fl.loss = 1; s.fl.fzEver = 1 }, 1)
      if (H.u === 'frozen') go(`WAKE ${h}`, s => { s.H[h].u = 'up' })
      if (up && s.k.ct > 0 && !H.cut) go(`CUT ${h} from the database`, s => { s.k.ct--; s.H[h].cut = 1; s.fl.loss = 1; s.fl.cutEver = 1 }, 1)
      if (H.cut) go(`${h} reconnected`, s => { s.H[h].cut = 0 })
      if (up && s.k.sh > 0 && !H.sh) go(`SHUTDOWN ${h}`, s => { s.k.sh--; s.H[h].sh = 1 }, 1)
      if (up && H.sh && mine.every(k => ended(s.A[k]) || s.A[k].pk || s.A[k].rp || s.A[k].p === 'tomb')) {
        const open = s.J[h].length || mine.some(k => !ended(s.A[k]))
        if (s.db && !H.cut && !(P.has('keepHost') && open)) go(`${h} removes its host row and exits`, s => { s.fl.grace = 1; s.L[id] = 'gone'; die(s, 0) })
        else go(`${h} exits, host row stays`, s => { s.fl.grace = 1; die(s, 0) }) }
      if (H.u === 'down' && H.i < 5) go(`RESTART ${h}`, s => { const H = s.H[h]; H.u = 'up'; H.i++; H.sh = 0; s.L[hid(s, h)] = 'ok'
        for (const l of s.J[h]) s.A[h + l.r] = { p: 'done', h: l.h, a: l.a, o: '', why: '', cm: 0, ct: 1, n: 0, d: 0, op: 0, pk: 1, rp: 1, v: l.v } })
      const reach = up && s.db && !H.cut
      if (up && (H.cut || !s.db) && !H.l) go(`${h} cannot renew until its lease ends`, s => { s.H[h].l = 1 })
      if (up && !H.l && ['out', 'dead', 'gone', 'rem'].includes(s.L[id])) go(`${h} notices that its lease is over`, s => { s.H[h].l = 1 })
      if (reach && H.l && (s.L[id] === 'ok' || s.L[id] === 'out')) go(`${h} renews`, s => { s.L[id] = 'ok'; s.H[h].l = 0 })
      if (reach && H.l && ['dead', 'gone', 'rem'].includes(s.L[id]) && H.i < 5) go(`${h} registers again under a new HostId`, s => { s.H[h].i++; s.L[hid(s, h)] = 'ok'; s.H[h].l = 0 })
      // recovery
      const replaying = mine.some(k => s.A[k].rp && !ended(s.A[k]))
      if (reach && !H.sh && !H.l && !replaying) {
        for (const [o, l] of Object.entries(s.L)) if (P.has('fence') && l === 'out' && o !== id && silent(s, o)) go(`${h} fences host ${o}`, s => { s.L[o] = 'dead' })
        // A look at the hosts finds one that is fenced and that no active run names, as far as it sees.
        if (cfg.removes !== 0) for (const [o, l] of Object.entries(s.L)) if ((l === 'dead' || (!P.has('removeFenced') && l === 'out')) && o !== id && (!P.has('removeUnnamed') || !s.R.some(x => ACT(x) && x.h === o))) {
          go(`${h} removes the row of ${o}`, s => { apply(s, { k: 'rem', h: o }) })
          if (s.F > 0 && cfg.zombies !== 0 && s.Z.length < 2) go(`FAULT the removal of ${o} hangs (zombie)`, s => { s.F--; s.Z.push({ k: 'rem', h: o }) }, 1) }
        for (let r = 0; r < nr; r++) { const row = s.R[r], x = s.A[h + r]
          if (!ACT(row) || !ended(x)) continue
          const l = s.L[row.h]
          if (row.h !== id && (row.h === '' || ['gone', 'dead', 'rem'].includes(l) || (l === 'out' && !P.has('fence') && silent(s, row.h))))
            go(`${h} sends take`, s => { s.A[h + r] = { p: 'rec', h: id, a: row.a, o: '', why: '', cm: 0, ct: 0, n: 0, d: 0, op: { k: 'take', r, h: id, a: row.a, oh: row.h, at: 'S' }, pk: 0 }; delete s.E[h + r] })
          if (row.h === id && P.has('audit')) go(`${h} audit finds a row without an actor`, s => { const y = s.A[h + r] = { p: 'work', h: id, a: row.a, o: '', why: '', cm: 0, ct: 1, n: 0, d: 0, op: 0, pk: 0 }; delete s.E[h + r]
            if (row.a === 1 || row.c) { y.p = 'done'; y.o = 'n'; y.why = 'abort' } else begin(s, id, row.a, r) }) } } }
    for (const [id, l] of Object.entries(s.L)) { if (l !== 'ok') continue
      const h = hostOf(id), H = s.H[h], cur = H.i === +id.slice(1)
      const works = s.W.some(w => w.startsWith(id + '#'))
      const stopped = (restart || P.has('stopAll')) ? !works : true
      const adopted = P.has('adopt') && !cur && H.u === 'up' && s.J[h].some(j => j.h === id)
      if (!adopted && (!cur || H.u !== 'up' || ((H.cut || !s.db) && H.l && stopped))) go(`lease of ${id} runs out`, s => { s.L[id] = 'out' }) }
    if (s.out && s.db) go('DATABASE DOWN', s => { s.db = 0; s.out = 0 }, 1)
    if (!s.db) go('database heals', s => { s.db = 1 })
    return out
  }
  // observation based leases: a host is out only after an observer in continuous contact saw no renewal for a whole lease
  function silent(s, id) { if (!P.has('observed')) return true; const h = hostOf(id), H = s.H[h]; if (H.i !== +id.slice(1)) return !(P.has('adopt') && H.u === 'up' && s.J[h].some(j => j.h === id)); return H.u !== 'up' || H.cut }
  // ---- state invariants ----
  function check(s) {
    const bad = []
    for (const h of hosts) if (s.L[hid(s, h)] === 'rem' && s.H[h].u === 'up' && !s.H[h].l && !s.H[h].cut && !s.fl.cutEver && !s.fl.fzEver) bad.push(['G9-row-of-a-healthy-host', `the row of ${hid(s, h)} was removed while it is well`])
    for (let r = 0; r < nr; r++) { const row = s.R[r]
      if (row && !ACT(row) && r === 0) {
        for (const [n, c] of [['local', s.cl], ['remote', s.cr]]) {
          if (c === 'D' && row.s !== 'X') bad.push(['G2', `${n} cancel acknowledged durable, row ${row.s}`])
          if (c === 'N' && row.s !== 'X') bad.push([s.fl.loss || s.fl.grace ? 'limit-G2-nondurable-and-host-lost' : 'G2-nondurable', `cancel acknowledged (durable: false), row ${row.s}`])
          if (c.startsWith('T:') && row.s !== c.slice(2)) bad.push(['G2-answer', `cancel told ${c}, row ${row.s}`]) } }
      for (const h of hosts) { const e = s.E[h + r]; if (!e) continue
        if (e.filter(x => x.startsWith('S')).length > 1) bad.push(['G4', 'two Settled: ' + e])
        if (ended(s.A[h + r]) && e[e.length - 1] === 'S:NP') bad.push(['G4-no-resolution', 'Settled(not persisted) never resolved on the stream']) } }
    if (s.R.filter(ACT).length > 1) bad.push(['G8', 'two active rows'])
    return bad }
  const quiet = s => s.R.every(r => !ACT(r)) && Object.values(s.A).every(ended) && s.Z.length === 0 && s.db && s.st.every(x => x !== 'wait')
  return { init, next, check, quiet }
}
const md5 = process.env.HASH === 'md5' && (x => require('crypto').createHash('md5').update(x).digest('latin1'))
function hash(str) { if (md5) return md5(str)
  let a = 0x811c9dc5, b = 0x1b873593; for (let i = 0; i < str.length; i++) { const c = str.charCodeAt(i); a = Math.imul(a ^ c, 16777619); b = Math.imul(b ^ c, 0x85ebca6b); b = (b << 13) | (b >>> 19) }
  a ^= a >>> 15; b ^= b >>> 16; return (a >>> 0) * 2097152 + ((b >>> 0) & 2097151) }
function explore(cfg, max = 3e6) {
  const m = make(cfg), seen = new Map(), parent = [], ord = [], found = new Map(), edges = [], goodSet = []
  const canon = s => { const A = {}; for (const k of Object.keys(s.A).sort()) A[k] = s.A[k]; const E = {}; for (const k of Object.keys(s.E).sort()) E[k] = s.E[k]; s.A = A; s.E = E; return JSON.stringify(s) }
  const s0 = m.init(); let layer = [[canon(s0), 0]]; seen.set(hash(layer[0][0]), 0); parent.push(-1); ord.push('')
  let trans = 0, cut = false
  const trace = (i, last) => { const t = last ? [last] : []; for (; i > 0; i = parent[i]) t.unshift(ord[i]); return t }
  const rec = (g, msg, i, last) => { if (!found.has(g)) found.set(g, { msg, trace: trace(i, last) }) }
  while (layer.length) { const nxt = []
    for (const [str, i] of layer) { const s = JSON.parse(str)
      for (const [g, msg] of m.check(s)) rec(g, msg, i)
      if (m.quiet(s)) goodSet.push(i)
      for (const [label, t, fault, v] of m.next(s)) { trans++
        for (const [g, msg] of v) rec(g, msg, i, label)
        const c = canon(t), k = hash(c); let j = seen.get(k)
        if (j === undefined) { if (parent.length >= max) { cut = true; continue } j = parent.length; seen.set(k, j); parent.push(i); ord.push(label); nxt.push([c, j]) }
        if (!fault) edges.push(i, j) } }
    layer = nxt }
  // AG EF quiet over steps that are no faults
  const n = parent.length, head = new Int32Array(n).fill(-1), nx = new Int32Array(edges.length / 2); for (let e = 0; e < edges.length; e += 2) { nx[e / 2] = head[edges[e + 1]]; head[edges[e + 1]] = e / 2 }
  const can = new Uint8Array(n), st = goodSet.slice(); st.forEach(i => { can[i] = 1 }); while (st.length) { const j = st.pop(); for (let e = head[j]; e >= 0; e = nx[e]) { const i = edges[2 * e]; if (!can[i]) { can[i] = 1; st.push(i) } } }
  if (!cut) for (let i = 0; i < n; i++) if (!can[i]) { rec('G5-liveness', 'from here no fault-free continuation settles the run', i); break }
  return { states: n, trans, cut, found }
}
module.exports = { make, explore, ALL, SIMPLE }
