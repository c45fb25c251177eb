"""What follows a commit: alerts to Slack, stock and fulfillments to Shopify."""
