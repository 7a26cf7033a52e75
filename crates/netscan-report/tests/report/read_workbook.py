"""Prints a workbook as JSON: a list of rows for each sheet, a cell as its type and its value."""

import json
import sys

from openpyxl import load_workbook

workbook = load_workbook(sys.argv[1])
print(json.dumps({sheet.title: [[[cell.data_type, cell.value] for cell in row] for row in sheet.iter_rows()]
                  for sheet in workbook.worksheets}))
