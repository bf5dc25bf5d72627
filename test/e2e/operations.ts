import type { HttpClient } from '../support/http.js';
import { sampleOf, type Schema } from './malformed.js';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** An operation of /openapi.json. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary?: string;
  readonly roles: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body?: Schema;
  readonly responses: Readonly<Record<string, object>>;
}

interface Document {
  readonly paths: Record<string, Record<string, OperationObject>>;
}

interface OperationObject {
  readonly operationId: string;
  readonly summary?: string;
  readonly 'x-roles'?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<string, object>;
}

export async function operationsOf(http: HttpClient): Promise<Operation[]> {
  const { paths } = (await http.get('/openapi.json')).body as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      roles: operation['x-roles'] ?? [],
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content['application/json']?.schema,
    })),
  );
}

/** The operation's path with well-formed ids that nothing has, but for the ones that are given. */
export function pathOf({ path, parameters }: Operation, given: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((each) => each.in === 'path' && each.name === name);
    return given[name] ?? encodeURIComponent(String(sampleOf(parameter?.schema ?? {})));
  });
}

/** Well-formed values for the headers that the operation needs. */
export function neededHeaders({ parameters, name }: Operation): Record<string, string> {
  const needed = parameters.filter((parameter) => parameter.in === 'header' && parameter.required);
  return Object.fromEntries(needed.map((header) => [header.name, `"1" of ${name}`]));
}
