import { readFileSync } from 'node:fs';
import { context, diag, propagation, type SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** What the SDK finds wrong in how it is used, such as a span that ends twice. */
export const complaints: string[] = [];

/** Registers an SDK for this test file that keeps every span. */
export function recordSpans(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const complain = (text: string) => void complaints.push(text);
  const ignore = () => undefined;
  diag.setLogger({ error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  return exporter;
}

/** A span or a log line: what it is called, its kind or level, and what it carries. */
export interface Telemetry {
  readonly name: string;
  readonly kind: string;
  readonly fields: readonly string[];
}

const KINDS: Record<SpanKind, string> = ['internal', 'server', 'client', 'producer', 'consumer'];

export function spanTelemetry({ name, kind, attributes }: ReadableSpan): Telemetry {
  const fields = Object.keys(attributes).filter((key) => attributes[key] !== undefined);
  return { name, kind: KINDS[kind], fields };
}

/** What pino writes on every line. */
const ON_EVERY_LINE = new Set(['level', 'time', 'context', 'msg', 'stack', 'correlationId', 'trace_id', 'span_id']);

export function lineTelemetry(line: Record<string, unknown>): Telemetry {
  const fields = Object.keys(line).filter((key) => !ON_EVERY_LINE.has(key));
  return { name: String(line.msg), kind: String(line.level), fields };
}

/** The rows of the table under a heading of docs/telemetry.md. */
export function documented(heading: string): Telemetry[] {
  const section = readFileSync('docs/telemetry.md', 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith(heading))!;
  const rows = section.matchAll(/^\| `([^`]+)` +\| (\w+) +\| (.*) \|$/gm);
  return [...rows].map(([, name, kind, fields]) => ({
    name: name!,
    kind: kind!,
    fields: [...fields!.matchAll(/`([\w.]+)`/g)].map(([, field]) => field!),
  }));
}

/** Whether something is called as a row says: `{…}` stands for anything. */
function fits({ name, kind }: Telemetry, row: Telemetry): boolean {
  const parts = row.name.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return kind === row.kind && new RegExp(`^${parts.join('.+')}$`, 's').test(name);
}

/** What was seen, in the form of the document: each row with everything that any of its kind carried. */
export function asDocumented(seen: readonly Telemetry[], rows: readonly Telemetry[]): Telemetry[] {
  const strange = seen.filter((each) => !rows.some((row) => fits(each, row)));
  const told = rows.flatMap((row) => {
    const fitting = seen.filter((each) => fits(each, row));
    const fields = [...new Set(fitting.flatMap((each) => each.fields))].sort();
    return fitting.length > 0 ? [{ ...row, fields }] : [];
  });
  return [...told, ...strange];
}

export const sorted = (rows: readonly Telemetry[]) => rows.map((row) => ({ ...row, fields: [...row.fields].sort() }));
