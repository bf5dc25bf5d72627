export interface Book {
  intents: { id: string; status: string }[];
  refunds: { id: string; status: string; amount: number; payment_intent: string; metadata: Record<string, string> }[];
  effects: { captures: number; refunds: number };
}

/** What a test does to a running sandbox, and reads in it: plays the customer and the bank, scripts faults. */
export function controlsOf(url: string) {
  const post = async (path: string, body: object = {}) => {
    const response = await fetch(`${url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  };
  return {
    url,
    pay: (intentId: string, body?: { declined: boolean }) => post(`intents/${intentId}/pay`, body),
    settle: (refundId: string, status: 'succeeded' | 'failed') => post(`refunds/${refundId}/outcome`, { status }),
    fault: (fault: { operation: string; fault: string; times?: number; delayMs?: number }) => post('faults', fault),
    book: async (): Promise<Book> => (await fetch(`${url}/sandbox/book`)).json() as Promise<Book>,
  };
}
