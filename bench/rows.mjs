/**
 * The rows in their order: where each is, and how many seconds it took on two cores, by which the display says how long the
 * rest will take.
 *
 * @type {Record<string, { file: string, seconds: Record<import('./options.mjs').Mode, number> }>}
 */
export const ROWS = {
  publish: { file: 'publish', seconds: { full: 230, quick: 60, smoke: 6 } },
  handle: { file: 'handle', seconds: { full: 230, quick: 50, smoke: 6 } },
  batched: { file: 'handle', seconds: { full: 120, quick: 15, smoke: 4 } },
  latency: { file: 'latency', seconds: { full: 185, quick: 50, smoke: 5 } },
  backlog: { file: 'backlog', seconds: { full: 450, quick: 70, smoke: 8 } },
  snapshot: { file: 'snapshot', seconds: { full: 150, quick: 30, smoke: 3 } },
  growth: { file: 'growth', seconds: { full: 375, quick: 30, smoke: 8 } },
  idle: { file: 'idle', seconds: { full: 40, quick: 30, smoke: 4 } },
  'hot-sku': { file: 'hot-sku', seconds: { full: 115, quick: 25, smoke: 6 } },
  http: { file: 'http', seconds: { full: 150, quick: 40, smoke: 8 } },
  'scale-out': { file: 'scale-out', seconds: { full: 90, quick: 25, smoke: 6 } },
  'orders-list': { file: 'orders-list', seconds: { full: 250, quick: 40, smoke: 8 } },
};

/** @returns {Promise<(context: import('./context.mjs').Context) => Promise<import('./verdicts.mjs').Comparison[]>>} */
export async function loadRow(name) {
  const { file } = ROWS[name];
  const functions = await import(`./benchmarks/${file}.mjs`);
  return functions[name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase())];
}
