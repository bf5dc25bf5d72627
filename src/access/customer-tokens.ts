import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { DomainError } from '../kernel/domain-error.js';
import type { Caller } from './caller.js';

export interface Issuer {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Only asymmetric ones: with HS256 allowed, a published key would be a valid secret. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/** As long as the id that a customer registers under or orders with: a longer one could do nothing here. */
const customerId = z.string().regex(/^[\x21-\x7e]{1,100}$/);

/** What jose throws when not the token is at fault but the key server. */
const KEY_SERVER_ERRORS = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];

/** Verifies customers' JWTs by the keys that the issuer publishes. */
export class CustomerTokens {
  readonly #keys: JWTVerifyGetKey;

  constructor(private readonly options: Issuer) {
    this.#keys = createRemoteJWKSet(new URL(options.jwksUrl));
  }

  async callerOf(token: string): Promise<Caller | undefined> {
    const { issuer, audience } = this.options;
    try {
      const requiredClaims = ['sub', 'exp'];
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims,
      });
      const subject = customerId.safeParse(payload.sub);
      if (subject.success) return { role: 'customer', id: subject.data };
    } catch (error) {
      if (error instanceof errors.JOSEError && !KEY_SERVER_ERRORS.includes(error.code)) return undefined;
      throw new DomainError('KEY_SERVER_UNAVAILABLE', 'unavailable', "The token issuer's keys can't be fetched.");
    }
    const message = "The token's subject can't be a customer's id: 1 to 100 printable ASCII characters without spaces.";
    throw new DomainError('TOKEN_SUBJECT_INVALID', 'forbidden', message);
  }
}
