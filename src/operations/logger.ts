import type { LoggerService, LogLevel } from '@nestjs/common';
import { pino, type DestinationStream, type Level, type LevelWithSilent, type Logger as Pino } from 'pino';
import { currentHeaders, traceIds } from '../messaging/index.js';

interface LoggerOptions {
  readonly level: LevelWithSilent;
  /** By default readable lines on a terminal, one JSON object a line elsewhere. */
  readonly destination?: DestinationStream;
}

/** The levels that Nest asks for before it builds a costly line. */
export function nestLevels(level: LevelWithSilent): LogLevel[] {
  const levels: LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];
  const first = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5, silent: 6 }[level];
  return levels.slice(first);
}

/** What Nest says at every start; of use to someone who looks for a fault in the wiring only. */
const WIRING = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Where Nest says what stops the boot; main reports the same, once and in its own words. */
const BOOT = new Set(['ExceptionHandler', 'NestApplication']);

/** Nest's logger on pino. A line carries the correlation id and the trace of the request or message that it belongs to. */
export class Logger implements LoggerService {
  readonly #pino: Pino;

  constructor({ level, destination = process.stdout.isTTY ? readable : pino.destination(1) }: LoggerOptions) {
    const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: nameOfLevel } };
    this.#pino = pino({ ...options, mixin: correlation }, destination);
  }

  log = (message: unknown, ...rest: unknown[]) =>
    this.#write(WIRING.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  error = (message: unknown, ...rest: unknown[]) => {
    if (!BOOT.has(String(rest.at(-1)))) this.#write('error', message, rest);
  };
  warn = (message: unknown, ...rest: unknown[]) => this.#write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]) => this.#write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]) => this.#write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]) => this.#write('fatal', message, rest);

  /** Nest passes the context last, before it an error's stack, and fields as plain objects. */
  #write(level: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const error = [message, ...rest].find((each) => each instanceof Error);
    const stack = error?.stack ?? rest.slice(0, -1).find((each) => typeof each === 'string');
    const fields = [message, ...rest].filter(isFields);
    this.#pino[level](Object.assign({ context, stack }, ...fields), textOf(message));
  }
}

const nameOfLevel = (level: string) => ({ level });
const correlation = () => {
  const headers = currentHeaders();
  return { correlationId: headers.correlationId, ...traceIds(headers) };
};
const isFields = (message: unknown): message is object =>
  message !== null && typeof message === 'object' && !(message instanceof Error);
const textOf = (message: unknown) =>
  isFields(message) ? undefined : message instanceof Error ? message.message : String(message);

const readable: DestinationStream = {
  write(line) {
    const {
      time,
      level,
      context,
      msg,
      stack,
      correlationId: _,
      trace_id: __,
      span_id: ___,
      ...fields
    } = JSON.parse(line) as Record<string, string>;
    const more = Object.keys(fields).length > 0 ? JSON.stringify(fields) : '';
    const words = [
      (time ?? '').slice(11, 23),
      (level ?? '').toUpperCase().padEnd(5),
      context && `[${context}]`,
      msg,
      more,
      stack && `\n${stack}`,
    ];
    process.stdout.write(`${words.filter(Boolean).join(' ')}\n`);
  },
};
