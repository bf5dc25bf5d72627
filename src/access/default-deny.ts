import { Injectable, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { allowedOn } from './roles.js';

/** Refuses to start with a route that doesn't say who may call it. The guard would refuse the route itself anyway. */
@Injectable()
export class DefaultDeny implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const silent = this.discovery.getControllers().flatMap(({ metatype }) => this.silentRoutes(metatype as Function));
    if (silent.length > 0) throw new Error(`Without @Roles or @Public: ${silent.join(', ')}.`);
  }

  private silentRoutes({ name, prototype }: Function): string[] {
    const routes = this.scanner
      .getAllMethodNames(prototype)
      .filter((method) => Reflect.hasMetadata(METHOD_METADATA, prototype[method]));
    return routes.filter((route) => allowedOn(prototype[route]) === undefined).map((route) => `${name}.${route}`);
  }
}
