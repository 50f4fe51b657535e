/** Coins, balances and boxes as they are: part of `karyon:graph/views`. */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Rows } from "../../sdk/assembly/rows";
import {
  ACCOUNT_COIN,
  ACCOUNT_HOLDER,
  accounts,
  AUTHORITY,
  BALANCE,
  CAP,
  coinIndex,
  coins,
  holderIndex,
  holders,
  NONCE,
  OUTPUT_AMOUNT,
  OUTPUT_AUTHOR,
  OUTPUT_COIN,
  OUTPUT_OWNER,
  OUTPUT_SPENT,
  outputs,
  RULE,
  STAKE,
  SUPPLY,
} from "./accounts";
import {
  Absence,
  Balance,
  Balances,
  Box,
  Boxes,
  Coin,
  Coins,
} from "./gen/views";
import {
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  ROWS_PAGE_MAX,
  VIEW_LOOKS_MAX,
} from "./limits";
import { clamp, identity } from "./reads";

type Answer<T> = Result<T, Absence>;

// @ts-ignore: decorator
@inline
function answer<T>(value: T): Answer<T> {
  return Result.ok<T, Absence>(value);
}

/** Row + 1 of somebody who has or had something; 0 for nobody. */
function holderOf(id: StaticArray<u8>): u32 {
  if (<u32> id.length != IDENTITY_OCTETS || id[0] != HASH_BLAKE3) return 0;
  const row = holderIndex.find(changetype<usize>(id) + 1);
  return row <= holders.length ? row : 0;
}

function goOn(rows: Rows, at: u32): Option<u32> {
  return at < rows.length ? Option.some<u32>(at) : Option.none<u32>();
}

function describeCoin(row: u32): Coin {
  const coin = coins.at(row);
  return new Coin(
    identity(coin),
    identity(holders.at(load<u32>(coin, AUTHORITY))),
    load<u64>(coin, CAP),
    load<u64>(coin, SUPPLY),
    load<u8>(coin, RULE),
  );
}

export function coinOf(token: StaticArray<u8>): Answer<Option<Coin>> {
  let row: u32 = 0;
  if (<u32> token.length == IDENTITY_OCTETS && token[0] == HASH_BLAKE3) {
    row = coinIndex.find(changetype<usize>(token) + 1);
  }
  return answer(
    row == 0 || row > coins.length
      ? Option.none<Coin>()
      : Option.some(describeCoin(row - 1)),
  );
}

export function allCoins(cursor: Option<u32>, limit: u32): Answer<Coins> {
  const list = new Array<Coin>();
  let at = cursor.isSome ? cursor.value : 0;
  const most = clamp(limit, ROWS_PAGE_MAX);
  while (at < coins.length && <u32> list.length < most) {
    list.push(describeCoin(at++));
  }
  return answer(new Coins(list, goOn(coins, at)));
}

export function balancesOf(
  holder: StaticArray<u8>,
  cursor: Option<u32>,
  limit: u32,
): Answer<Balances> {
  const list = new Array<Balance>();
  let at = cursor.isSome ? cursor.value : 0;
  const row = holderOf(holder);
  if (row == 0) return answer(new Balances(list, Option.none<u32>()));
  const most = clamp(limit, ROWS_PAGE_MAX);
  let looks = VIEW_LOOKS_MAX;
  while (at < accounts.length && looks > 0 && <u32> list.length < most) {
    const account = accounts.at(at);
    if (load<u32>(account, ACCOUNT_HOLDER) == row - 1) {
      const coin = coins.at(load<u32>(account, ACCOUNT_COIN));
      const amount = load<u64>(account, BALANCE);
      const nonce = load<u64>(account, NONCE);
      list.push(new Balance(identity(coin), amount, nonce));
    }
    at++;
    looks--;
  }
  return answer(new Balances(list, goOn(accounts, at)));
}

export function boxesOf(
  owner: StaticArray<u8>,
  cursor: Option<u32>,
  limit: u32,
): Answer<Boxes> {
  const list = new Array<Box>();
  let at = cursor.isSome ? cursor.value : 0;
  const row = holderOf(owner);
  if (row == 0) return answer(new Boxes(list, Option.none<u32>()));
  const most = clamp(limit, ROWS_PAGE_MAX);
  let looks = VIEW_LOOKS_MAX;
  while (at < outputs.length && looks > 0 && <u32> list.length < most) {
    const output = outputs.at(at);
    const isTheirs = load<u32>(output, OUTPUT_OWNER) == row - 1;
    if (isTheirs && load<u32>(output, OUTPUT_SPENT) == 0) {
      list.push(
        new Box(
          identity(output),
          identity(coins.at(load<u32>(output, OUTPUT_COIN))),
          load<u64>(output, OUTPUT_AMOUNT),
          identity(holders.at(load<u32>(output, OUTPUT_AUTHOR))),
          identity(holders.at(load<u32>(output, OUTPUT_OWNER))),
        ),
      );
    }
    at++;
    looks--;
  }
  return answer(new Boxes(list, goOn(outputs, at)));
}

export function stakeOf(holder: StaticArray<u8>): Answer<u64> {
  const row = holderOf(holder);
  return answer<u64>(row == 0 ? 0 : load<u64>(holders.at(row - 1), STAKE));
}
