"""How strong the tests are: small faults planted one by one, each of which some test must notice."""
