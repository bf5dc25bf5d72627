import { HttpException, Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

type Path = readonly PropertyKey[];

interface Fault {
  readonly path: Path;
  readonly code: string;
  readonly detail: string;
}

interface SchemaIssue {
  readonly code?: string;
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  /** zod's, with `unrecognized_keys`. */
  readonly keys?: readonly string[];
}

/** What is wrong with a body is its content; with a path or a query it is the request itself. */
const STATUS_OF: Readonly<Record<string, number>> = { body: 422, query: 400, param: 400 };

/** A body of 1 MiB has room for so many faults that the answer would be far longer. */
const MOST_FAULTS = 100;

/** Validates what came in by the schema of its parameter (`@Body({ schema })`), and hands on what the schema made of it. */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  async transform(value: unknown, { type, data, schema }: ArgumentMetadata): Promise<unknown> {
    const status = STATUS_OF[type];
    if (status === undefined || (!schema && typeof value !== 'string')) return value;

    const inside = data === undefined ? [] : [data];
    const result = schema ? await schema['~standard'].validate(value) : { value };
    if (result.issues) throw refusal(result.issues.flatMap(faultsOf), inside, status);
    // Only now: what fits a schema is not nested without end.
    const unstorable = unstorableIn(result.value);
    if (unstorable.length > 0) throw refusal(unstorable, inside, status);
    return result.value;
  }
}

function faultsOf({ path = [], code = 'invalid', message, keys }: SchemaIssue): Fault[] {
  const plain = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  if (!keys) return [{ path: plain, code, detail: message }];
  return keys.map((key) => ({ path: [...plain, key], code, detail: 'Unknown.' }));
}

function refusal(faults: Fault[], inside: Path, status: number): HttpException {
  const errors = faults
    .slice(0, MOST_FAULTS)
    .map(({ path, code, detail }) => ({ pointer: pointerTo([...inside, ...path]), code, detail }));
  const code = status === 422 ? 'VALIDATION_FAILED' : 'MALFORMED_REQUEST';
  const [first] = errors;
  return new HttpException({ code, message: `${first?.pointer} ${first?.detail}`.trim(), errors }, status);
}

/** RFC 6901. */
function pointerTo(path: Path): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** NUL and lone surrogates: PostgreSQL takes them neither in text nor in jsonb. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

function unstorableIn(value: unknown, path: Path = []): Fault[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, member]) => [
      ...unstorableIn(key, path),
      ...unstorableIn(member, [...path, key]),
    ]);
  }
  if (typeof value !== 'string' || !UNSTORABLE.test(value)) return [];
  return [{ path, code: 'unstorable_text', detail: 'Contains a NUL character or half of a surrogate pair.' }];
}
