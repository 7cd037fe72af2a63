// Trust in one dimension from its rows of evidence, for apps that reckon offline, in doubles: scores to 1e-9, bounds to
// 1e-6. The rows and numbers are those of GET /v1/deals/{id}/trust; /v1/vectors/trust says whether a copy of this is right.
const GAMMA = [676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7];
const logGamma = (x) => { // Lanczos 1964, in the coefficients of Godfrey for g = 7, n = 9; x >= 0.5
  const t = x + 6.5, sum = GAMMA.reduce((all, one, i) => all + one / (x + i), 0.9999999999998099);
  return Math.log(2 * Math.PI) / 2 + (x - 0.5) * Math.log(t) - t + Math.log(sum);
};
const lg = (x) => (x < 0.5 ? Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x) : logGamma(x));

function below(x, a, b) { // the share of Beta(a, b) below x: continued fraction, DLMF 8.17.22, by the method of Lentz
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - below(1 - x, b, a);
  let [c, d, whole] = [1, 1 / (1 - ((a + b) * x) / (a + 1)), 0];
  whole = d;
  for (let m = 1; m < 10_000; m++) {
    for (const part of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      [c, d] = [1 + part / c, 1 / (1 + part * d)];
      whole *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (whole * Math.exp(a * Math.log(x) + b * Math.log1p(-x) + lg(a + b) - lg(a) - lg(b))) / a;
}
function quantile(share, a, b) {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (below(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Whole microseconds since 1970 of a moment in UTC: more than a Date keeps. */
export const micros = (text) => Date.parse(text.slice(0, 19) + "Z") * 1000 + Number((/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(6, "0"));
/** What fading leaves of evidence at an age in whole seconds, to twelve places. */
export const factor = (age, halfLifeDays) => Math.round(2 ** (-Math.max(age, 0) / (86_400 * halfLifeDays)) * 1e12) / 1e12;

/** The opinion that these rows make at a moment, under `half_life_days`, `base_rate` and `prior_weight`. */
export function opinion(rows, at, { half_life_days, base_rate, prior_weight }) {
  const [now, masses] = [micros(at), []];
  let [r, s] = [0, 0];
  for (const row of rows) {
    const left = row.ages_from === null ? 1 : factor(Math.floor((now - micros(row.ages_from)) / 1e6), half_life_days);
    const counts = micros(row.starts_at) > now ? 0 : left;
    masses.push([row.weight_for * row.counted_for * counts, row.weight_against * row.counted_against * counts]);
    [r, s] = [r + masses.at(-1)[0], s + masses.at(-1)[1]];
  }
  const n = r + s + prior_weight, alpha = r + base_rate * prior_weight, score = alpha / n;
  const [low, high] = [0.05, 0.95].map((share) => quantile(share, alpha, n - alpha));
  const certainty = (r + s) / n;
  const label = certainty < 0.2 ? "unknown" : low > 0.5 ? "trusted" : high < 0.5 ? "distrusted" : "uncertain";
  return {
    evidence_for: r, evidence_against: s, score, belief: r / n, disbelief: s / n, uncertainty: prior_weight / n, certainty,
    sd: Math.sqrt((score * (1 - score)) / (n + 1)), low, high, label, masses: masses.map((pair) => pair.map((one) => one / n)),
  };
}
