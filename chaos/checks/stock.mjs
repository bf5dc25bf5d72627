import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

const sum = (items, valueOf) => items.reduce((total, item) => total + valueOf(item), 0);
const units = ({ shares }) => sum(shares, ({ quantity }) => quantity);
const holds = ({ state }) => state === 'allocated' || state === 'shipped';

/**
 * Who holds which units, by the tables, and by what was told of each line.
 *
 * @param {import('../history.mjs').History} history
 */
export function stockRows(history) {
  return [overAllocated(history.tables), allocatedTwice(history), leftForCanceled(history), undecided(history)];
}

/** The shares of the lines are the truth; the sum that a batch keeps has to agree with it. */
function overAllocated({ batches, lines }) {
  const shares = lines.filter(holds).flatMap((line) => line.shares);
  const sharesOf = groupBy(shares, ({ ref }) => ref);
  const violations = batches.flatMap(({ ref, sku, quantity, allocated }) => {
    const held = sum(sharesOf.get(ref) ?? [], (share) => share.quantity);
    if (held > quantity) return [`${held} of batch ${ref} (${sku}) are allocated, which has ${quantity}`];
    return held === allocated ? [] : [`${held} of batch ${ref} (${sku}) are allocated, and it counts ${allocated}`];
  });
  return none('stock.over', 'batches allocated beyond what they have, or counting otherwise', {
    of: batches.length,
    violations,
  });
}

/** A line may have what it was granted, once, and may be allocated again only after it was deallocated. */
function allocatedTwice(history) {
  const { lines } = history.tables;
  const uneven = lines.filter((line) => holds(line) && units(line) !== line.quantity);
  const violations = [
    ...uneven.map((line) => `line ${line.line_id} holds ${units(line)} units, and may have ${line.quantity}`),
    ...toldTwice(history),
  ];
  return none('stock.twice', 'lines allocated twice', { of: lines.filter(holds).length, violations });
}

function toldTwice(history) {
  const holding = new Map();
  const types = ['product.stock-allocated', 'product.stock-deallocated'];
  return history.events(...types).flatMap(({ type, position, payload: { lineId, batches, kept } }) => {
    const held = holding.get(lineId) ?? 0;
    if (type === 'product.stock-allocated') {
      holding.set(
        lineId,
        sum(batches, ({ quantity }) => quantity),
      );
      return held > 0 ? [`line ${lineId} is allocated at position ${position}, and has ${held} units already`] : [];
    }
    // What keeps all that it has is being moved: a batch became smaller, and the line is allocated anew.
    holding.set(lineId, kept < held ? kept : 0);
    return [];
  });
}

/** Of orders canceled as a whole, and of the canceled units of others. */
function leftForCanceled({ tables: { orders, lines } }) {
  const stored = new Map(lines.map((line) => [line.line_id, line]));
  const touched = orders.filter(({ cancellations }) => cancellations.length > 0);
  const violations = touched.flatMap((order) =>
    order.lines.flatMap(({ lineId, open }) => {
      const line = stored.get(lineId);
      const left = !line || !['allocated', 'backordered'].includes(line.state) ? 0 : line.quantity;
      return left > open ? [`order ${order.id} keeps ${open} of line ${lineId}, whose claim is ${left}`] : [];
    }),
  );
  return none('stock.canceled', 'claims left for canceled orders and units', { of: touched.length, violations });
}

/** Stock must have decided about each line of an order that is open: the command to do so is as good as an event. */
function undecided({ tables: { orders, lines, queued_command: commands } }) {
  const decided = new Set(lines.filter(({ requested }) => requested !== null).map(({ line_id: id }) => id));
  const dead = new Set(commands.filter((each) => each.dead_at !== null).map(({ payload }) => payload.lineId));
  const open = orders.flatMap((order) =>
    order.lines.filter((line) => line.open > 0).map((line) => ({ ...line, order })),
  );
  const violations = open
    .filter(({ lineId }) => !decided.has(lineId) && !dead.has(lineId))
    .map(({ lineId, order }) => `line ${lineId} of order ${order.id} is open, and stock never heard of it`);
  return none('stock.undecided', 'open lines that stock never decided about', { of: open.length, violations });
}
