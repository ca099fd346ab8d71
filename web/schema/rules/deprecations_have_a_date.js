const { ValidationError } = require('graphql-schema-linter')

// What is deprecated says until when it stays, at the end of the reason: "Use `b`. Goes on 2027-06-30."
const date = / Goes on (\d{4}-\d{2}-\d{2})\.$/

exports.DeprecationsHaveADate = function DeprecationsHaveADate(context) {
  return {
    Directive(node) {
      if (node.name.value !== 'deprecated') return
      const reason = node.arguments.find(({ name }) => name.value === 'reason')?.value.value ?? ''
      if (Number.isNaN(Date.parse(date.exec(reason)?.[1])))
        context.reportError(new ValidationError('deprecations-have-a-date', 'The reason does not end with "Goes on YYYY-MM-DD.".', [node]))
    },
  }
}
