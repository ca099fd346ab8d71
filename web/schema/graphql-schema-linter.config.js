// All rules of graphql-schema-linter but the three about alphabetical order (order is by meaning: what matters most comes
// first), and one of our own.
module.exports = {
  customRulePaths: ['rules/*.js'],
  rules: [
    'arguments-have-descriptions', 'defined-types-are-used', 'deprecations-have-a-date', 'deprecations-have-a-reason',
    'descriptions-are-capitalized', 'enum-values-all-caps', 'enum-values-have-descriptions', 'fields-are-camel-cased',
    'fields-have-descriptions', 'input-object-values-are-camel-cased', 'input-object-values-have-descriptions',
    'relay-connection-arguments-spec', 'relay-connection-types-spec', 'relay-page-info-spec', 'types-are-capitalized',
    'types-have-descriptions',
  ],
}
