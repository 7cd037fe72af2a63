// Checks a score receipt of a bundle, for verify.mjs: the arithmetic from rows to scores, in doubles. That the rows follow
// from the facts, by every rule of the policy and to the last digit, is for `throughline verify`.
import { micros, opinion } from "./opinion.mjs";

const KNOWN = { "trust/1": "7750e8ef264805eb018dc1ca97f4730290f44a2ef9c2287004c3a71ef7bacf9c" };
const fail = (kind) => { throw new Error(kind); };
const close = (one, other, within) => Math.abs(one - other) <= within || fail("receipt");
/** Its policy is there, its rows are of facts that are shown (`shown`: positions and event ids by stream), and its numbers
 * follow from its rows. Throws what is wrong. */
export function checkReceipt({ log, stream_id, size, facts, hidden, erased, policy_sha256, trust }, of, shown, policies) {
  const policy = policies.get(trust.policy), held = shown.get(stream_id) ?? fail("unreckoned");
  if (policy?.sha256 !== policy_sha256) fail("policy");
  if (log !== of.log || size !== of.size || facts !== held.size || Number.isNaN(micros(trust.at))) fail("receipt");
  const without = (missing) => JSON.stringify([...held].filter(([, fact]) => fact === missing).map(([position]) => position));
  if (JSON.stringify(hidden) !== without("hidden") || JSON.stringify(erased) !== without("erased")) fail("receipt");
  let least = Infinity;
  for (const leg of trust.dimensions) {
    const [life, rate] = [policy.half_life_days[stream_id.split("/")[0]][leg.dimension], policy.base_rate[leg.dimension]];
    if (leg.half_life_days !== +life || leg.base_rate !== +rate || leg.prior_weight !== +policy.prior_weight) fail("receipt");
    const found = opinion(leg.rows, trust.at, leg);
    for (const name of ["evidence_for", "evidence_against", "score", "belief", "disbelief", "uncertainty", "certainty", "sd"]) close(leg[name], found[name], 1e-6);
    if (!leg.rows.every((row) => held.get(row.position) === row.event_id) || leg.label !== found.label) fail("receipt");
    leg.rows.forEach((row, i) => close(row.mass_for, found.masses[i][0], 1e-9) && close(row.mass_against, found.masses[i][1], 1e-9));
    close(leg.low, found.low, 1e-4) && close(leg.high, found.high, 1e-4);
    least = Math.min(least, leg.score);
  }
  close(trust.overall, least, 0);
}

/** Whether a policy is the one that its name has always meant, as far as that is known here. */
export const isKnown = ({ policy, sha256 }) => !KNOWN[policy] || KNOWN[policy] === sha256;
