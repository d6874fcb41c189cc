import { readFileSync } from 'node:fs'
console.log(process.argv, readFileSync.name)
