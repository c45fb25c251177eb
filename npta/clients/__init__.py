"""What speaks to other services: Shopify and Slack."""
