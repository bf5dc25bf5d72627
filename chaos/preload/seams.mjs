/** What the harness wants to happen where: `{ seam, action, ms, skip }`. @type {Map<string, any>} */
const armed = new Map();

process.on('message', (order) => {
  if (order.arm) armed.set(order.arm.seam, { ...order.arm });
  if (order.disarm && armed.delete(order.disarm)) void tell({ disarmed: order.disarm });
});
process.channel?.unref();

/** Undefined where nothing is to happen here now. */
export function take(seam) {
  const order = armed.get(seam);
  if (!order || order.skip-- > 0) return undefined;
  armed.delete(seam);
  return order;
}

/**
 * Happens at a boundary that was reached: waits there while the rest of the process goes on, stops the whole process
 * until the harness lets it go on, or ends it.
 */
export async function act({ seam, action, ms }) {
  if (action === 'kill') return process.kill(process.pid, 'SIGKILL');
  await tell({ reached: seam, action, ms });
  if (action === 'stall') return process.kill(process.pid, 'SIGSTOP');
  await new Promise((goOn) => setTimeout(goOn, ms));
}

export const reach = async (seam) => {
  const order = take(seam);
  if (order) await act(order);
};

export function tell(message) {
  return new Promise((sent) => process.send(message, () => sent()));
}
