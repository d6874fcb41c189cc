export { failureOf } from './failures.ts'
