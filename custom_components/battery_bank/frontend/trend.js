/**
 * The resistance of a battery over the years: its tests, its limits, and where it goes.
 *
 * @typedef {import("./types").BatteryDetail} BatteryDetail
 * @typedef {import("./format.js").Format} Format
 * @typedef {import("./texts.js").Texts} Texts
 */
import { Chart } from "./chart.js";
import { svg } from "./dom.js";

const HEIGHT = 240; // px
const DAY = 86400; // s
const SPARE = 0.06; // of the height, above and below

/**
 * Return the spans that the drawing needs.
 *
 * @param {BatteryDetail} detail
 * @param {number} now s since 1970
 */
export function spans(detail, now) {
  const { tests, limits, baseline, trend } = detail;
  const forecast = trend?.forecast;
  const ends = [forecast?.warning?.[1], forecast?.alarm?.[1]].filter((at) => at !== undefined);
  const times = [...tests.map(([at]) => at), ...ends, now];
  const values = tests.map(([, value]) => value);
  if (limits) values.push(limits.alarm_mohm, limits.warning_mohm);
  if (baseline) values.push(baseline.value_mohm);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spare = SPARE * (high - low || high || 1);
  return {
    x: { min: Math.min(...times, now - 30 * DAY), max: Math.max(...times) },
    y: { min: Math.max(0, low - spare), max: high + 2 * spare },
  };
}

/**
 * Return what is to be said of where it goes.
 *
 * @param {BatteryDetail} detail
 * @param {Format} format
 * @param {Texts} texts
 * @returns {string[]}
 */
export function outlook({ tests, trend }, format, texts) {
  if (!tests.length) return [texts.say("no_test")];
  if (!trend || trend.slope === null) return [texts.say("trend_none")];
  const slope = format.value(trend.slope * 100, 1, "%", true);
  const said = [texts.say("trend_slope", { slope })];
  const { warning, alarm } = trend.forecast ?? {};
  for (const [key, span] of /** @type {const} */ ([
    ["warning", warning],
    ["alarm", alarm],
  ])) {
    if (span) said.push(texts.say(`forecast_${key}`, { early: format.month(span[0]), late: format.month(span[1]) }));
  }
  if (said.length === 1 && trend.slope <= 0) said.push(texts.say("trend_flat"));
  return said;
}

/**
 * @param {BatteryDetail} detail
 * @param {number} width px
 * @param {Format} format
 * @param {Texts} texts
 * @param {number} now s since 1970
 * @returns {SVGElement}
 */
export function trendChart(detail, width, format, texts, now) {
  const { x, y } = spans(detail, now);
  const digits = y.max - y.min < 0.5 ? 2 : 1;
  const label = [texts.say("trend"), ...outlook(detail, format, texts)].join(". ");
  const chart = new Chart(
    width,
    HEIGHT,
    { ...x, text: (at) => format.month(at), ticks: months(x.min, x.max, width / 120) },
    { ...y, text: (value) => format.value(value, digits, "mΩ") },
    label,
  );
  const tests = [...detail.tests].sort((one, other) => one[0] - other[0]);
  const usable = tests.filter(([, , good]) => good);
  const last = usable.at(-1);
  const { limits, baseline, trend } = detail;
  if (limits && last && trend?.forecast) {
    for (const [limit, span] of /** @type {const} */ ([
      [limits.warning_mohm, trend.forecast.warning],
      [limits.alarm_mohm, trend.forecast.alarm],
    ])) {
      if (!span || last[1] >= limit) continue;
      /** @type {import("./chart.js").At[]} */
      const corners = [last, [span[0], limit], [Math.max(span[1], span[0] + DAY), limit]];
      chart.add(svg("path", { class: "band", d: `${chart.path(corners)}Z` }));
    }
  }
  const milliohms = (/** @type {number} */ value) => format.value(value, 2, "mΩ");
  if (baseline) chart.limit(baseline.value_mohm, "ok", `${texts.say("baseline")} ${milliohms(baseline.value_mohm)}`);
  if (limits) {
    chart.limit(limits.warning_mohm, "warning", texts.say("limit_warning", { limit: milliohms(limits.warning_mohm) }));
    chart.limit(limits.alarm_mohm, "alarm", texts.say("limit_alarm", { limit: milliohms(limits.alarm_mohm) }));
  }
  chart.line(usable);
  for (const [at, value, good] of tests) {
    const [cx, cy] = [chart.x(at), chart.y(value)];
    chart.add(svg("circle", { class: "dot", cx, cy, r: good ? 3.5 : 3, "data-unusable": !good }));
  }
  return chart.element;
}

/**
 * Return the starts of months between two times, about so many.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} count
 */
export function months(from, to, count) {
  const wanted = (to - from) / (30.4 * DAY) / Math.max(1, count);
  const step = [1, 2, 3, 6, 12, 24, 60].find((one) => one >= wanted) ?? 120;
  const day = new Date(from * 1000);
  let month = Math.ceil((day.getFullYear() * 12 + day.getMonth() + 1) / step) * step;
  const starts = [];
  for (;;) {
    const at = new Date(Math.floor(month / 12), month % 12, 1).getTime() / 1000;
    if (at > to || starts.length > 40) return starts;
    starts.push(at);
    month += step;
  }
}
