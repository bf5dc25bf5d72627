export interface Book {
  intents: { id: string; status: string; amount: number; metadata: Record<string, string> }[];
  refunds: { id: string; status: string; amount: number; payment_intent: string; metadata: Record<string, string> }[];
  disputes: { id: string; status: string; amount: number; payment_intent: string }[];
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
    dispute: async (intentId: string, body?: { amount?: number; reason?: string }): Promise<string> =>
      ((await post(`intents/${intentId}/dispute`, body)) as { id: string }).id,
    closeDispute: (disputeId: string, status: 'won' | 'lost') => post(`disputes/${disputeId}/close`, { status }),
    /** As staff does in the gateway's dashboard: of all that is left, or of a part. */
    refundInDashboard: async (intentId: string, amount?: number): Promise<string> => {
      const form = new URLSearchParams({ payment_intent: intentId, ...(amount && { amount: String(amount) }) });
      const headers = { authorization: 'Bearer sk_sandbox' };
      const response = await fetch(`${url}/v1/refunds`, { method: 'POST', headers, body: form });
      if (!response.ok) throw new Error(`refunds: ${await response.text()}`);
      return ((await response.json()) as { id: string }).id;
    },
    fault: (fault: { operation: string; fault: string; times?: number; delayMs?: number }) => post('faults', fault),
    clearFaults: () => fetch(`${url}/sandbox/faults`, { method: 'DELETE' }),
    book: async (): Promise<Book> => (await fetch(`${url}/sandbox/book`)).json() as Promise<Book>,
  };
}
