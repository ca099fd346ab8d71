// All rules of graphql-eslint about schemas hold, but for those with a reason here.
const values = [ // Types without an identity: what they say is what they are.
  'AdminCenterLinks', 'AuditChange', 'Cancellation', 'Capability', 'CentralAlternative', 'Credential', 'Export', 'LicenseRequestUser',
  'LifecycleChange', 'Money', 'MovedUser', 'MoveProgress', 'MoveTarget', 'PageInfo', 'PolicyChange', 'PurchaseCapabilities',
  'StatusCount', 'TenantAccess', 'TenantSummary', 'UserError', 'Viewer',
]

const rules = {
  // Order is by meaning: what matters most comes first.
  alphabetize: 'off',
  // Short descriptions are in quotes, long ones in blocks; the rule knows one style only.
  'description-style': 'off',
  // It takes Purchase.purchaser and User.userPrincipalName, a vendor's word, for repetitions.
  'no-typename-prefix': 'off',
  // Connections have `nodes` beside `edges`, short lists are plain ones, and some lists are of values.
  'relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  'require-description': [
    'error',
    { types: true, DirectiveDefinition: true, EnumValueDefinition: true, FieldDefinition: true, InputValueDefinition: true },
  ],
  // It wants an argument that @deprecated does not have. rules/deprecations_have_a_date.js looks for the date in the reason.
  'require-deprecation-date': 'off',
  // Payloads have what was changed, which is all that a client's cache needs.
  'require-field-of-type-query-in-mutation-result': 'off',
  // A list or payload that may be null says nothing that `errors` does not say.
  'require-nullable-result-in-root': 'off',
  'strict-id-in-types': ['error', { exceptions: { types: values, suffixes: ['Connection', 'Edge', 'Payload'] } }],
}

module.exports = {
  root: true,
  parser: '@graphql-eslint/eslint-plugin',
  plugins: ['@graphql-eslint'],
  extends: ['plugin:@graphql-eslint/schema-all', 'plugin:@graphql-eslint/relay'],
  reportUnusedDisableDirectives: true,
  rules: Object.fromEntries(Object.entries(rules).map(([name, level]) => [`@graphql-eslint/${name}`, level])),
}
