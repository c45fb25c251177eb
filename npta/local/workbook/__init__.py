"""The page of `make serve`: the spreadsheet, its control panel and the world around it.

Nothing here is a shortcut. Edits go through the Sheets API as a person who is not the service, the control panel is the
one that goes to Google, orders are placed in the local shop and sent by a Zap, alerts come from the local Slack.
"""
