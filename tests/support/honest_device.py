"""A Modbus server of pymodbus, told over standard input what its registers hold.

First line {"units": {unit: {area: {address: word}}}}, answered by "done" once they are there; then
any number of {"unit", "area", "address", "words"}, each answered by "done". Argument: a TCP port, or
the path of a serial line.
"""
import asyncio
import json
import sys

from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock)
from pymodbus.server.async_io import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

AREAS = {"coil": "co", "discrete": "di", "holding": "hr", "input": "ir"}
FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


def unit_context(areas):
    blocks = {short: ModbusSparseDataBlock({0: 0}) for short in AREAS.values()}
    for area, words in areas.items():
        blocks[AREAS[area]] = ModbusSparseDataBlock(
            {int(address): word for address, word in words.items()} or {0: 0})
    return ModbusSlaveContext(zero_mode=True, **blocks)


def done():
    print("done", flush=True)


async def obey(context):
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        order = json.loads(line)
        context[order["unit"]].setValues(FUNCTIONS[order["area"]], order["address"],
                                         order["words"])
        done()


async def main():
    first = json.loads(sys.stdin.readline())
    context = ModbusServerContext(
        slaves={int(unit): unit_context(areas) for unit, areas in first["units"].items()},
        single=False)
    where = sys.argv[1]
    if where.isdigit():
        serving = StartAsyncTcpServer(context=context, address=("127.0.0.1", int(where)),
                                      framer=ModbusSocketFramer, allow_reuse_address=True)
    else:
        serving = StartAsyncSerialServer(context=context, port=where, framer=ModbusRtuFramer,
                                         baudrate=9600, ignore_missing_slaves=True)
    task = asyncio.ensure_future(serving)
    await asyncio.sleep(0)
    done()
    await obey(context)
    task.cancel()


asyncio.run(main())
