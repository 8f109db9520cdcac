/** The accounts, teams, users and tokens of a world. */
import type { Project, User, World } from "../../World.js"
import { toUuid } from "../ids.js"

/** @internal */
export class People {
  readonly #seed: number
  readonly accountIds: Array<string> = []
  readonly teams: Array<{ readonly id: string; readonly accountId: string; readonly name: string }> = []
  readonly projects: Array<Project> = []
  readonly users: Array<User> = []
  readonly #tokens = new Map<string, User>()
  #others = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** The user of a token. */
  userOf(token: string): User | undefined {
    return this.#tokens.get(token)
  }

  /** The project with an id. */
  project(id: string): Project | undefined {
    return this.projects.find((project) => project.id === id)
  }

  /** The name of a team. */
  teamName(id: string): string | undefined {
    return this.teams.find((team) => team.id === id)?.name
  }

  /** The user with an id. */
  user(id: string): User | undefined {
    return this.users.find((user) => user.id === id)
  }

  /** The next id of something other than an asset. */
  nextId(): string {
    return toUuid(this.#seed ^ 0x5bd1e995, this.#others++)
  }

  /** Adds an account; answers its id. */
  addAccount(): string {
    const id = this.nextId()
    this.accountIds.push(id)
    return id
  }

  /** Adds a team to an account, the first one by default; answers its id. */
  addTeam(options?: Parameters<World["addTeam"]>[0]): string {
    const id = this.nextId()
    this.teams.push({
      id,
      accountId: options?.accountId ?? this.accountIds[0] ?? this.addAccount(),
      name: options?.name ?? `Team ${this.teams.length + 1}`
    })
    return id
  }

  /** Adds a user with tokens to an account, the first one by default. */
  addUser(options?: Parameters<World["addUser"]>[0]): User {
    const accountId = options?.accountId ?? this.accountIds[0] ?? this.addAccount()
    const count = this.users.length + 1
    const user: User = {
      id: this.nextId(),
      accountId,
      name: options?.name ?? `Synthetic User ${count}`,
      email: options?.email ?? `user${count}@example.invalid`,
      allows: options?.allows ?? (({ asset }) => asset.accountId === accountId)
    }
    this.users.push(user)
    for (const token of options?.tokens ?? []) this.#tokens.set(token, user)
    return user
  }

  /** Gives a user one more token. */
  addToken(userId: string, token: string): void {
    const user = this.user(userId)
    if (user !== undefined) this.#tokens.set(token, user)
  }

  /** From now on the token gets a 401. */
  revokeToken(token: string): void {
    this.#tokens.delete(token)
  }
}
