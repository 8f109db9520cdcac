#!/usr/bin/env node
import { version } from "./Version.js"

const [argument, ...more] = process.argv.slice(2)
// Scripts ask for the version often, and the whole program takes longer to load than they wait for it.
if (argument === "--version" && more.length === 0) process.stdout.write(`${version}\n`)
else void import("./main.js")
