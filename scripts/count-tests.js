import { existsSync, readFileSync } from 'node:fs'

/**
 * Prints `N passed, N failed` from the JSON report of vitest, and exits 1 where anything failed.
 * Usage: node scripts/count-tests.js REPORT FAILED-STEPS; each failed step before the tests counts as one failure,
 * and so do a missing report, a test file that could not be loaded and an error outside of any test.
 */
const [path, failedSteps = '0'] = process.argv.slice(2)

function count() {
  if (!path || !existsSync(path)) return { passed: 0, failed: 1 }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const failed = report.numFailedTests + unloaded.length
  return { passed: report.numPassedTests, failed: report.success ? failed : Math.max(failed, 1) }
}

const { passed, failed } = count()
const allFailed = failed + Number(failedSteps)
console.log(`${passed} passed, ${allFailed} failed`)
process.exitCode = allFailed === 0 ? 0 : 1
