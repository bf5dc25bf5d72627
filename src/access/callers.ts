import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../app.config.js';
import { callerOfKey } from './api-keys.js';
import type { Caller } from './caller.js';
import { CustomerTokens } from './customer-tokens.js';

/** Tells from a request's headers who calls. */
@Injectable()
export class Callers {
  readonly #tokens: CustomerTokens | undefined;

  constructor(private readonly config: AppConfig) {
    const { authJwksUrl: jwksUrl, authIssuer: issuer = '', authAudience: audience = '' } = config;
    this.#tokens = jwksUrl ? new CustomerTokens({ jwksUrl, issuer, audience }) : undefined;
  }

  async identify(headers: IncomingHttpHeaders): Promise<Caller | undefined> {
    if (!this.config.authKeys && !this.#tokens) return trusted(headers);
    const credential = credentialIn(headers);
    if (!credential) return undefined;
    return callerOfKey(this.config.authKeys ?? [], credential) ?? this.#tokens?.callerOf(credential);
  }
}

/** Without credentials configured the service listens on the loopback only, and believes what it is told. */
function trusted(headers: IncomingHttpHeaders): Caller {
  const customerId = single(headers['x-customer-id']);
  return customerId ? { role: 'customer', id: customerId } : { role: 'operator', id: 'local' };
}

function credentialIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? single(headers['x-api-key']);
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? undefined : value);
