/**
 * Checks that every export a user can reach says what it is, since when, and in which category; that every field of an
 * options object and every member of a service says what it is; that every module shows an `@example`; that links
 * between the Markdown files lead somewhere; and that every TypeScript snippet in them, and in an `@example`, compiles.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { faultsOf, hostWith, snippetsOf } from "./snippets.mjs"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
/** The packages that can be imported: neither private nor only a command. */
const libraries = readdirSync(join(root, "packages")).filter((name) => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  return manifest.private !== true && Object.hasOwn(manifest.exports ?? {}, ".")
})

const problems = []
const from = (file) => relative(root, file).split(sep).join("/")

const missing = (node, what) => {
  const file = node.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(node.getStart())
  problems.push(`${from(file.fileName)}:${line + 1} ${what}`)
}

/** One program for all: the packages are read from their sources, so no build is needed. */
const indexOf = (library) => join(root, "packages", library, "src/index.ts")
const { options } = ts.getParsedCommandLineOfConfigFile(
  join(root, "packages/cli/tsconfig.src.json"),
  { noEmit: true, composite: false, incremental: false, noUnusedLocals: false, rootDir: root },
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))
    }
  }
)
const markdown = [
  "",
  "docs",
  "examples",
  ".changeset",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`)
]
  .map((folder) => join(root, folder))
  .filter(existsSync)
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name))
  )

const sources = libraries.flatMap((library) =>
  readdirSync(join(root, "packages", library, "src"), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, "packages", library, "src", name))
)
const snippets = snippetsOf(join(root, "examples/build/snippets"), markdown, sources)
const program = ts.createProgram([...libraries.map(indexOf), ...snippets.keys()], options, hostWith(options, snippets))
const checker = program.getTypeChecker()

const docsOf = (declaration) => {
  // `export const x = …`: the comment belongs to the statement.
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  return ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc)
}

const textOf = (docs) =>
  docs
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join("")
    .trim()
const hasTag = (docs, name) => docs.some((doc) => doc.tags?.some((tag) => tag.tagName.text === name))
const isInternal = (docs) => hasTag(docs, "internal")

/** Users write or call these, so each field needs a comment. What users only read may speak for itself. */
const isFilledIn = (name) => /(Options|Config|Args|Service)$/.test(name)

const checkFields = (owner, members) => {
  for (const member of members) {
    if (!ts.isPropertySignature(member) && !ts.isMethodSignature(member)) continue
    const name = member.name.getText()
    if (name.startsWith("[")) continue
    if (textOf(docsOf(member)) === "") missing(member, `field ${owner}.${name} has no comment`)
    if (member.type !== undefined && ts.isTypeLiteralNode(member.type)) {
      checkFields(`${owner}.${name}`, member.type.members)
    }
  }
}

const isHidden = (node) =>
  ts.isClassElement(node) &&
  (node.name === undefined
    ? !ts.isConstructorDeclaration(node)
    : ts.isPrivateIdentifier(node.name) ||
      (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0 ||
      isInternal(docsOf(node)))

/** An options object written out in a signature is as public as a named one. */
const checkOptions = (owner, declaration) => {
  const visit = (node) => {
    if (ts.isBlock(node) || isHidden(node)) return
    if (
      ts.isParameter(node) &&
      /^options\??$/.test(node.name.getText()) &&
      node.type &&
      ts.isTypeLiteralNode(node.type)
    ) {
      checkFields(`${owner}(options)`, node.type.members)
      return
    }
    ts.forEachChild(node, visit)
  }
  visit(declaration)
}

const checkExport = (module, exported) => {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const ours = (symbol.declarations ?? []).filter((declaration) => {
    const file = declaration.getSourceFile().fileName
    return from(file).startsWith("packages/") && !file.includes("/node_modules/")
  })
  if (ours.length === 0) return 0
  const name = `${module}.${exported.name}`
  const docs = ours.flatMap(docsOf)
  if (isInternal(docs)) return 0
  const [first] = ours
  if (textOf(docs) === "") missing(first, `${name} has no comment`)
  else {
    if (!hasTag(docs, "since")) missing(first, `${name} has no @since`)
    if (!hasTag(docs, "category")) missing(first, `${name} has no @category`)
  }
  for (const declaration of ours) {
    if (ts.isInterfaceDeclaration(declaration) && isFilledIn(name)) checkFields(name, declaration.members)
    if (ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type) && isFilledIn(name)) {
      checkFields(name, declaration.type.members)
    }
    checkOptions(name, declaration)
  }
  return 1
}

const EXAMPLE = /^ *\* @example\n *\* ```ts$/m

let exports = 0
for (const library of libraries) {
  const index = indexOf(library)
  const seen = new Set()

  const checkModule = (name, symbol) => {
    if (seen.has(symbol)) return
    seen.add(symbol)
    for (const exported of checker.getExportsOfModule(symbol)) exports += checkExport(name, exported)
  }

  const file = program.getSourceFile(index)
  const entry = file && checker.getSymbolAtLocation(file)
  if (entry === undefined) continue
  for (const statement of file.statements) {
    if (!ts.isExportDeclaration(statement)) continue
    const clause = statement.exportClause
    if (clause === undefined || !ts.isNamespaceExport(clause)) {
      missing(statement, "index.ts holds one export * as X from ./X.js per module and nothing else")
      continue
    }
    if (textOf(docsOf(statement)) === "") missing(statement, `module ${clause.name.text} has no comment`)
    const module = checker.getSymbolAtLocation(statement.moduleSpecifier)
    if (module === undefined) missing(statement, `module ${clause.name.text} cannot be found`)
    else checkModule(clause.name.text, module)
  }
  // Every module of `src` outside `internal` can be imported by its path, so it belongs in the index.
  for (const name of readdirSync(join(root, "packages", library, "src"))) {
    if (!/^[A-Z]\w*\.ts$/.test(name)) continue
    const module = name.replace(/\.ts$/, "")
    const listed = file.statements.some(
      (s) =>
        ts.isExportDeclaration(s) &&
        s.exportClause &&
        ts.isNamespaceExport(s.exportClause) &&
        s.exportClause.name.text === module
    )
    if (!listed) problems.push(`packages/${library}/src/${name}:1 is not in index.ts (or belongs in internal/)`)
    if (!EXAMPLE.test(readFileSync(join(root, "packages", library, "src", name), "utf8"))) {
      problems.push(`packages/${library}/src/${name}:1 shows no @example of its main noun`)
    }
  }
}

const anchorsOf = (text) =>
  new Set(
    [...text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, title]) =>
      title
        .replace(/`|\*|\[([^\]]*)\]\([^)]*\)/g, "$1")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replace(/\s/g, "-")
    )
  )

const withoutCode = (text) =>
  text
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ""))
    .replace(/`[^`\n]*`/g, (code) => " ".repeat(code.length))

/** A package's README is also read outside the repository. */
const ONLINE = "https://github.com/effect-frameio/effect-frameio/blob/main/"

let links = 0
for (const file of markdown) {
  const whole = readFileSync(file, "utf8")
  const text = withoutCode(whole)
  for (const match of text.matchAll(
    /\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|<(?:img|a)[^>]*?(?:src|href)="([^"]+)"/gm
  )) {
    const written = match[1] ?? match[2] ?? match[3]
    const target = written.startsWith(ONLINE)
      ? relative(dirname(file), join(root, written.slice(ONLINE.length)))
      : written
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) continue
    links++
    const line = text.slice(0, match.index).split("\n").length
    const [path, anchor] = target.split("#")
    const aim = path === "" ? file : resolve(dirname(file), decodeURIComponent(path))
    if (!existsSync(aim)) problems.push(`${from(file)}:${line} the link to ${target} leads nowhere`)
    else if (written === target && from(file).startsWith("packages/") && !aim.startsWith(dirname(file))) {
      problems.push(`${from(file)}:${line} ${target} is not in the package: link to ${ONLINE}…`)
    } else if (anchor && aim.endsWith(".md") && !anchorsOf(readFileSync(aim, "utf8")).has(decodeURIComponent(anchor))) {
      problems.push(`${from(file)}:${line} there is no heading #${anchor} in ${from(aim)}`)
    }
  }
}

for (const [file, line, message] of faultsOf(program, snippets)) problems.push(`${from(file)}:${line} ${message}`)

if (problems.length > 0) {
  console.error(problems.join("\n"))
  console.error(
    `\n${problems.length} faults in the documentation. Each export needs a comment with @since and @category.`
  )
  process.exit(1)
}
console.log(
  `Docs: ${exports} exports documented, ${snippets.size} snippets compiled, ${links} links checked in ${markdown.length} Markdown files.`
)
