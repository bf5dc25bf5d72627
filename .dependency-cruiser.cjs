/** What may import what. Each rule has a planted violation in test/architecture: a rule that can't fail is found out. */
const SHOP = '^src/(order|allocation|refund|customer|notification)';

module.exports = {
  forbidden: [
    {
      name: 'modules-only-through-their-index',
      comment: 'A module reaches another only through its index.ts; kernel and database are for everyone.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/(kernel|database)/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'index-exports-the-contract',
      severity: 'error',
      from: { path: `${SHOP}/index\\.ts$` },
      to: { pathNot: '^src/$1/contract/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/([^/]+)/domain/' },
      to: { pathNot: ['^src/$1/(domain|contract)/', '^src/kernel/'] },
    },
    {
      name: 'contract-is-flat',
      severity: 'error',
      from: { path: '^src/([^/]+)/contract/' },
      to: {
        pathNot: [
          '^src/$1/contract/',
          '^src/messaging/index\\.ts$',
          '^src/kernel/',
          'node_modules/(zod|@nestjs/cqrs)/',
        ],
      },
    },
    {
      name: 'messaging-knows-no-application',
      severity: 'error',
      from: { path: '^src/messaging/' },
      to: { path: '^src/', pathNot: '^src/(messaging|kernel|database)/' },
    },
    {
      name: 'kernel-stands-alone',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^src/', pathNot: '^src/kernel/' },
    },
    {
      name: 'nothing-imports-the-root',
      severity: 'error',
      from: { pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(main|migrate|app\\.module)\\.ts$' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
