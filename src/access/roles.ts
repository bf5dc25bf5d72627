import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';

export type Role = 'customer' | 'operator' | 'integration';

const ALLOWED = 'access:allowed';

/** Who may call the route. A route that has neither this nor {@link Public} stops the service from starting. */
export function Roles(...roles: [Role, ...Role[]]): MethodDecorator {
  const schemes = roles.includes('customer') ? ['apiKey', 'bearer'] : ['apiKey'];
  return applyDecorators(
    SetMetadata(ALLOWED, roles),
    ApiExtension('x-roles', roles),
    ...schemes.map((scheme) => ApiSecurity(scheme)),
  );
}

/** Anyone may call the route, without credentials. */
export function Public(): MethodDecorator {
  return applyDecorators(SetMetadata(ALLOWED, 'public'), ApiExtension('x-roles', ['public']));
}

export function allowedOn(handler: object): readonly Role[] | 'public' | undefined {
  return Reflect.getMetadata(ALLOWED, handler);
}
