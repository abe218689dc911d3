/**
 * The views of the dashboard that makes itself: an overview, one for each string, discharges and maintenance.
 *
 * @typedef {import("./types").BankString} BankString
 * @typedef {import("./texts.js").Texts} Texts
 */

/**
 * Return the dashboard of some strings.
 *
 * @param {BankString[]} strings
 * @param {Texts} texts
 */
export function dashboard(strings, texts) {
  const full = { columns: "full" };
  const overview = {
    title: texts.say("overview"),
    path: "overview",
    icon: "mdi:view-dashboard",
    type: "panel",
    cards: [{ type: "custom:battery-bank-summary", fill: true, links: true }],
  };
  const each = strings.map((string) => ({
    title: string.name,
    path: `string-${string.id}`,
    icon: "mdi:car-battery",
    type: "sections",
    max_columns: 3,
    sections: [
      {
        type: "grid",
        column_span: 3,
        cards: [{ type: "custom:battery-bank-wall", string: string.id, grid_options: full }],
      },
      {
        type: "grid",
        column_span: 2,
        cards: [{ type: "custom:battery-bank-summary", string: string.id, compact: true, grid_options: full }],
      },
      {
        type: "grid",
        cards: [{ type: "custom:battery-bank-worst", string: string.id, grid_options: full }],
      },
    ],
  }));
  const discharges = {
    title: texts.say("discharges"),
    path: "discharges",
    icon: "mdi:chart-bell-curve",
    type: "panel",
    cards: [{ type: "custom:battery-bank-replay" }],
  };
  const maintenance = {
    title: texts.say("maintenance"),
    path: "maintenance",
    icon: "mdi:wrench",
    type: "sections",
    max_columns: 3,
    sections: strings.flatMap((string) => [
      {
        type: "grid",
        column_span: 2,
        cards: string.measures.resistance
          ? [{ type: "custom:battery-bank-resistance", string: string.id, grid_options: full }]
          : [{ type: "custom:battery-bank-wall", string: string.id, quantity: "deviation", grid_options: full }],
      },
      {
        type: "grid",
        cards: [{ type: "custom:battery-bank-worst", string: string.id, grid_options: full }],
      },
    ]),
  };
  const views = strings.length ? [overview, ...each, discharges, maintenance] : [overview];
  return { title: texts.say("title"), views };
}
