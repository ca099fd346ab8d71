import { getOperationAST, parse } from 'graphql'
import { createClient } from 'graphql-ws'
import { readToken } from './token.js'

const endpoint = new URL('graphql', document.baseURI)
const refusedCodes = [4401, 4403]

// createFetcher returns what GraphiQL calls for each operation: HTTP for queries and mutations,
// a WebSocket for subscriptions. `report` learns of each answer's error code ('' for none), of whether
// the operation was the introspection, and of the answer; after `dispose` it hears nothing more.
export function createFetcher(report) {
  const socket = createSocket()
  let live = true
  const tell = (...news) => live && report(...news)
  const fetcher = async (params, { headers } = {}) => {
    const { operation, subscription } = resolve(params)
    return subscription ? follow(socket, operation, tell) : ask(operation, headers, tell)
  }
  fetcher.dispose = () => {
    live = false
    socket.dispose()
  }
  return fetcher
}

async function ask(operation, headers, report) {
  const introspection = operation.operationName === 'IntrospectionQuery'
  const result = await post(operation, headers).catch(failure)
  report(errorCode(result), introspection, result)
  // GraphiQL asks for the schema a second time where `data` is missing.
  return introspection ? { ...result, data: result.data ?? null } : result
}

// failure shows what went wrong on the way as an answer: GraphiQL adds a stack trace to what is thrown.
function failure({ message }) {
  return { errors: [{ message }] }
}

function createSocket() {
  const url = new URL(endpoint)
  url.protocol = url.protocol.replace('http', 'ws')
  return createClient({
    url: url.href,
    connectionParams: () => authorization(),
    retryAttempts: 3,
    shouldRetry: (event) => !refusedCodes.includes(event?.code),
  })
}

function authorization() {
  const token = readToken()
  return token ? { Authorization: `Bearer ${token}` } : {}
}

// resolve finds the operation in its document. Just after a change of tabs GraphiQL still names the operation
// of the tab before: where the document has a single one, that is meant.
function resolve(params) {
  try {
    const document = parse(params.query)
    const found = getOperationAST(document, params.operationName) ?? getOperationAST(document)
    const operationName = found ? found.name?.value : params.operationName
    return { operation: { ...params, operationName }, subscription: found?.operation === 'subscription' }
  } catch {
    return { operation: params, subscription: false } // The server says what is wrong with the document.
  }
}

async function post(operation, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      ...authorization(),
      ...headers,
    },
    body: JSON.stringify(operation),
  })
  const body = await response.text()
  try {
    return JSON.parse(body)
  } catch {
    throw new Error(`The server answered ${response.status} without JSON: ${body.slice(0, 200)}`)
  }
}

// follow is no generator, since the `return` of one (the Stop button) waits for the next answer.
function follow(socket, operation, report) {
  const source = socket.iterate(operation)
  let over = false
  return {
    async next() {
      if (over) return { done: true, value: undefined }
      try {
        const step = await source.next()
        if (!step.done) report(errorCode(step.value), false, step.value)
        return step
      } catch (cause) {
        over = true
        const value = refusal(cause)
        report(refusedCodes.includes(cause?.code) ? 'UNAUTHENTICATED' : errorCode(value), false, value)
        return { done: false, value }
      }
    },
    return: () => source.return(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

// refusal shows why a subscription ended: by the server's errors, or by the closing of the socket.
function refusal(cause) {
  if (Array.isArray(cause)) return { errors: cause }
  if (cause instanceof CloseEvent) return failure({ message: `The server closed the socket: ${cause.code} ${cause.reason}`.trim() })
  return failure(cause)
}

function errorCode(result) {
  const codes = (result?.errors ?? []).map((error) => error.extensions?.code ?? 'INTERNAL')
  return codes.includes('UNAUTHENTICATED') ? 'UNAUTHENTICATED' : (codes[0] ?? '')
}
