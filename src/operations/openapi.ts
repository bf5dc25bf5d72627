import { STATUS_CODES } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type PathItem = OpenAPIObject['paths'][string];

/** RFC 9457, with our own `code`; more members come with some codes. */
const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, such as `ORDER_ALREADY_SHIPPED`.' }),
    detail: z.string(),
    instance: z.string(),
    correlationId: z.string().meta({ description: 'Leads to the log, and to the events of the request.' }),
    errors: z
      .array(z.object({ pointer: z.string().meta({ description: 'RFC 6901.' }), code: z.string(), detail: z.string() }))
      .optional(),
  })
  .meta({ description: 'Problem Details, RFC 9457.' });

const description = `Orders, stock and refunds. Amounts are in minor units; instants are UTC; lists are newest first.

Errors are \`application/problem+json\` with a stable \`code\`. Operations that take an \`Idempotency-Key\` can be repeated
safely: the answer comes again, the effect doesn't. \`x-roles\` names who may call an operation.`;

/** Serves the description at /openapi.json, and for people, also without a network, at /docs. */
export function serveOpenApi(app: NestFastifyApplication): void {
  const describe = () => describeApi(app);
  SwaggerModule.setup('docs', app, describe, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Aftercommit',
  });
}

export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Aftercommit')
    .setVersion('1')
    .setDescription(description)
    .addSecurity('apiKey', {
      type: 'apiKey',
      in: 'header',
      name: 'X-Api-Key',
      description: 'Of an operator or an integration.',
    })
    .addSecurity('bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A customer's token." })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${method}${controller.replace(/Controller$/, '')}`,
    standardSchemaConverter: (schema) => ({ schema: jsonSchemaOf(schema as z.ZodType) }),
  });
  return withProblems(document);
}

/** What is sent, in both directions: a codec's JSON side. */
function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
  });
  return rest;
}

function withProblems(document: OpenAPIObject): OpenAPIObject {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const { responses } of Object.values(document.paths).flatMap(operationsOf)) {
    nameByStatus(responses as Record<string, { description?: string }>);
    responses.default = { description: 'What went wrong.', content };
  }
  const schemas = { ...document.components?.schemas, Problem: jsonSchemaOf(problem) };
  return { ...document, components: { ...document.components, schemas } } as OpenAPIObject;
}

const operationsOf = ({ get, put, post, patch, delete: remove }: PathItem) =>
  [get, put, post, patch, remove].filter((operation) => operation !== undefined);

function nameByStatus(responses: Record<string, { description?: string }>): void {
  for (const [status, response] of Object.entries(responses)) response.description ||= STATUS_CODES[status];
}
