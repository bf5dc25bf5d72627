/** An HTTP answer with a JSON body. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** A refusal in Stripe's form. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: {
      readonly type: string;
      readonly code?: string;
      readonly message: string;
      readonly param?: string;
    },
  ) {
    super(error.message);
  }

  get answer(): Answer {
    return { status: this.status, body: { error: this.error } };
  }
}

export function invalid(message: string, code?: string, param?: string): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', message, code, param });
}

export function missing(kind: string, id: string): Refusal {
  return new Refusal(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
  });
}
