# Where the air is stale, the damper of the box that supplies the zone is to be opened; earlier commands go.
PREFIX brick: <https://brickschema.org/schema/Brick#>

DELETE { ?vav brick:hasPoint ?old . ?old ?property ?was }
WHERE  { ?vav brick:hasPoint ?old . ?old a brick:Damper_Position_Command ; ?property ?was } ;

INSERT { ?vav brick:hasPoint [ a brick:Damper_Position_Command ; brick:value 100.0 ] }
WHERE {
  ?sensor a brick:CO2_Sensor ; brick:value ?ppm .
  ?zone brick:hasPoint ?sensor .
  ?vav brick:feeds ?zone .
  FILTER(?ppm > 800)
}
