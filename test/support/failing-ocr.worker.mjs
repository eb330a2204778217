// Stands in for the OCR worker in tests of what the pool does when a worker fails: the "picture" says how.
const orders = {
  exit: () => process.exit(3),
  memory: () => {
    const hoard = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard));
  },
  throw: () => {
    throw new Error('a bug');
  },
};

export function warmUp() {}

export function recognise({ bytes }) {
  const order = Buffer.from(bytes).toString();
  orders[order]?.();
  return { ok: true, page: { text: order } };
}
