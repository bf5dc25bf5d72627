import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { z } from 'zod';

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'must be a number with a unit, such as 250ms, 10s, 5m, 2h or 1d')
  .transform((text) => Number.parseInt(text, 10) * MILLISECONDS[text.replace(/\d+/, '') as keyof typeof MILLISECONDS]);

const durations = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(duration));

const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d+$/, rule).transform(Number).pipe(z.number().min(least, rule).max(most, rule));
};

const url = (protocol: RegExp, example: string) => z.url({ protocol, error: `must be a URL such as ${example}` });

const onOff = z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on');

const apiKey = z
  .string()
  .regex(
    /^[\w.-]+:(operator|integration):[0-9a-f]{64}$/,
    'must be a comma list of name:role:sha256, with the role operator or integration and the hash in lower-case hex',
  )
  .transform((text) => {
    const [name, role, sha256] = text.split(':') as [string, 'operator' | 'integration', string];
    return { name, role, sha256 };
  });
const apiKeys = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(apiKey));

/** Every setting; its environment variable is the name in capitals without the unit: `gatewayTimeoutMs` is GATEWAY_TIMEOUT. */
const settings = z
  .object({
    port: wholeNumber(0, 65_535).default(3000),
    host: z.string().optional(),
    dataDir: z.string().default('.data'),
    databaseUrl: url(/^postgres(ql)?$/, 'postgres://user:password@localhost:5432/aftercommit').optional(),
    migrate: onOff.default(true),
    seed: onOff.optional(),
    requestPoolSize: wholeNumber(1, 1_000).default(10),
    workerPoolSize: wholeNumber(2, 1_000).default(10),
    authKeys: apiKeys.optional(),
    authJwksUrl: url(/^https?$/, 'https://id.example.com/.well-known/jwks.json').optional(),
    authIssuer: z.string().optional(),
    authAudience: z.string().optional(),
    stripeSecretKey: z
      .string()
      .regex(/^(sk|rk)_/, 'must be a secret key of Stripe, beginning with sk_ or rk_')
      .optional(),
    stripeWebhookSecret: z
      .string()
      .regex(/^whsec_/, 'must be a signing secret of Stripe, beginning with whsec_')
      .optional(),
    sandboxGatewayUrl: url(/^https?$/, 'http://127.0.0.1:4242').optional(),
    gatewayTimeoutMs: duration.default(10_000),
    /** Together within the 24 h for which Stripe keeps an idempotency key. */
    refundRetry: durations.prefault('1s,3s,10s,1m,5m,30m,2h,6h,12h'),
    vipDiscountBps: wholeNumber(0, 10_000).default(500),
    carrierUrl: url(/^https?$/, 'https://carrier.example.com/api').optional(),
    carrierTimeoutMs: duration.default(10_000),
    smtpUrl: url(/^smtps?$/, 'smtp://user:password@mail.example.com:587').optional(),
    mailFrom: z
      .string()
      .regex(/^[^<>@\r\n]*<?[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address such as Shop <shop@example.com>')
      .default('Aftercommit <shop@localhost>'),
    staffMail: z.email('must be an e-mail address').default('staff@localhost.localdomain'),
    mailTemplates: z.string().optional(),
    mailRetry: durations.prefault('1s,10s,1m,5m,30m,2h,6h,12h'),
    rabbitmqUrl: url(/^amqps?$/, 'amqp://user:password@localhost:5672').optional(),
    /** AMQP's limit for names. */
    rabbitmqExchange: z.string().min(1).max(255).default('aftercommit.events'),
    rabbitmqQueue: z.string().min(1).max(255).optional(),
    messagingRetry: durations.optional(),
    messagingPoll: onOff.default(true),
    messagingLeaseMs: duration.refine((ms) => ms >= 3_000, 'must be at least 3s').default(15_000),
    feedReaders: wholeNumber(1, 100_000).default(500),
    feedReadersPerCaller: wholeNumber(1, 100_000).default(20),
    logLevel: z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'must be fatal, error, warn, info, debug, trace or silent',
      )
      .default('info'),
    shutdownTimeoutMs: duration.default(10_000),
  })
  .superRefine((config, context) => {
    const needs = (key: keyof typeof config, needed: keyof typeof config) => {
      if (config[key] !== undefined && config[needed] === undefined) {
        context.addIssue({ code: 'custom', path: [needed], message: `must be set when ${variableOf(key)} is set` });
      }
    };
    needs('authJwksUrl', 'authIssuer');
    needs('authJwksUrl', 'authAudience');
    needs('stripeSecretKey', 'stripeWebhookSecret');
    needs('rabbitmqQueue', 'rabbitmqUrl');
  });

const Validated = class {} as unknown as abstract new () => Readonly<z.output<typeof settings>>;

/** The validated configuration; injectable under this name. Durations are in milliseconds. */
export abstract class AppConfig extends Validated {}

/** A wrong setting: one line for the person who starts the service. */
export class ConfigError extends Error {}

export function variableOf(setting: string): string {
  return setting
    .replace(/Ms$/, '')
    .replace(/[A-Z]/g, (capital) => `_${capital}`)
    .toUpperCase();
}

export const variables: readonly string[] = Object.keys(settings.shape).map(variableOf);

/** An empty variable counts as one that isn't set. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): AppConfig {
  const given = Object.keys(settings.shape).map((key) => [key, environment[variableOf(key)]?.trim() || undefined]);
  const result = settings.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError(`${variableOf(String(issue?.path[0]))} ${issue?.message}.`);
}

/** Reads the environment, and below it the file `.env` of the working directory. */
export function loadConfig(): AppConfig {
  if (existsSync('.env')) loadEnvFile('.env');
  return readConfig(process.env);
}

/** Not validated, since this runs when the module is loaded: a wrong setting must not throw before `main` can report it. */
export function databaseFromEnvironment(): { databaseUrl?: string; requestPoolSize: number } {
  return { databaseUrl: process.env.DATABASE_URL || undefined, requestPoolSize: 2 };
}
