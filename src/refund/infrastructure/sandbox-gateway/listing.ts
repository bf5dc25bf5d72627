import type { Form } from './objects.js';

interface Listed {
  readonly id: string;
  readonly created: number;
}

/** Newest first and page by page, as Stripe lists: https://docs.stripe.com/api/pagination */
export function listing(url: string, items: readonly Listed[], form: Form): object {
  const since = Number(form['created[gte]'] ?? 0);
  const matching = items.filter(({ created }) => created >= since).toReversed();
  const start = matching.findIndex(({ id }) => id === form.starting_after) + 1;
  const page = matching.slice(start, start + Number(form.limit ?? 10));
  return { object: 'list', url, has_more: start + page.length < matching.length, data: page };
}
